import Hexadecimal
import Interleavings

/// What is written to files: what belongs there, what nearly does, and what nobody would write.
struct Texts {
    static let uuids = (0..<4).map { "aaaaaaaa-0000-4000-8000-00000000000\($0)" }
    static let adapters = [3, 5, 6, 10]
    static let domains = [4, 0x47, 0xab, 0xff]
    static let controlDomains = [4, 0x10, 0x47, 0xab, 0xff]

    /// What belongs to a file of that name, most of the time.
    static func text(for path: String, _ random: inout Randomness) -> [UInt8] {
        if random.once(in: 4) { return anything(&random) }
        let text = fitting(path, &random)
        return random.once(in: 8) ? spoilt(text, &random) : text
    }

    private static func fitting(_ path: String, _ random: inout Randomness) -> [UInt8] {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        switch name {
        case "apmask", "aqmask", "admask", "ioctlmask": return mask(&random)
        case "ap_config": return config(&random)
        case "uevent": return uevent(&random)
        case "bind", "unbind", "drivers_probe":
            return Array((random.once(in: 3) ? random.pick(uuids) : queue(&random)).utf8) + newline(&random)
        case "create", "destroy":
            let nodes = ["", "a", "b", "my node", "x/y", "create", "dev", "..", "zcrypt_0", "é", "e\u{301}", "/\u{300}"]
            return Array(random.pick(path.hasPrefix("class") ? nodes : uuids).utf8) + newline(&random)
        case "log", "uevents", "hardware":
            return Array(random.pick(["limit 64K", "limit 100000", "limit 1M", "limit 1", "limit 2G", "limit"]).utf8)
                + newline(&random)
        case "driver_override": return Array(random.pick(["vfio_ap", "cex4queue", "", "\n", "none"]).utf8) + newline(&random)
        default: return Array(number(&random).utf8) + newline(&random)
        }
    }

    static func anything(_ random: inout Randomness) -> [UInt8] {
        switch random.below(14) {
        case 0: return []
        case 1: return mask(&random)
        case 2: return config(&random)
        case 3: return uevent(&random)
        case 4: return Array(random.pick(uuids).utf8) + newline(&random)
        case 5: return Array(queue(&random).utf8) + newline(&random)
        case 6: return random.bytes(random.below(40))
        case 7: return [0] + Array(number(&random).utf8)
        case 8: return Array(number(&random).utf8) + [0] + random.bytes(5)
        case 9: return Array(repeating: random.pick(Array("01f, +-x\n".utf8)), count: random.pick([4094, 4095, 4096, 5000]))
        case 10: return Array(number(&random).utf8) + Array(repeating: 10, count: random.pick([4094, 4095, 4096, 4999]))
        case 11: return Array(random.pick(["é", "\u{212a}5", "Ａ", "５", "e\u{301}", "\r\n", "1\u{300}", "/\u{300}"]).utf8)
        default: return Array(number(&random).utf8) + newline(&random)
        }
    }

    private static func newline(_ random: inout Randomness) -> [UInt8] {
        random.pick([[], [10], [10], [10], [10, 10], [0], [32]])
    }

    private static func spoilt(_ text: [UInt8], _ random: inout Randomness) -> [UInt8] {
        var text = text
        for _ in 0...random.below(2) {
            let at = random.below(text.count + 1)
            switch random.below(4) {
            case 0 where at < text.count: text[at] = UInt8(random.below(256))
            case 1 where at < text.count: text.remove(at: at)
            case 2: text.insert(random.pick(Array("0x-+, \n\u{0}fF9".utf8)), at: at)
            default: text.insert(contentsOf: text, at: at)
            }
        }
        return text
    }

    // MARK: - Numbers

    static func number(_ random: inout Randomness) -> String {
        switch random.below(10) {
        case 0...5: return plain(random.pick(adapters + domains), &random)
        case 6: return plain(random.pick([0, 1, 63, 64, 254, 255, 256, random.below(256)]), &random)
        case 7:
            return random.pick([
                "-1", "+5", "+0x5", " 5", "5 ", "5,6", "08", "0x", "0X", "", "+", "++5", "0x100", "0x+5", "5x", "1e1", "true",
                "on", "n",
                "2", "\u{b}5", "0b1", "5_0",
            ])
        case 8:
            return random.pick([
                "18446744073709551615", "18446744073709551616", "18446744073709551621", "0x10000000000000005", "4294967301",
                "18446744073709551616x", "99999999999999999999999999", "-9223372036854775808", "01777777777777777777777",
                "120000000000", "120000000001",
            ])
        default: return random.pick(["0", "1"])
        }
    }

    private static func plain(_ number: Int, _ random: inout Randomness) -> String {
        switch random.below(5) {
        case 0: "0x" + String(number, radix: 16)
        case 1: "0" + String(number, radix: 8)
        case 2: "0X" + String(number, radix: 16, uppercase: true)
        default: "\(number)"
        }
    }

    // MARK: - Masks

    static func mask(_ random: inout Randomness) -> [UInt8] {
        switch random.below(8) {
        case 0...4:
            let terms = (0...random.below(3)).map { _ in
                let number = random.below(4) == 0 ? Texts.number(&random) : plain(random.pick(adapters + domains), &random)
                return random.pick(["+", "-", "-"]) + number + (random.once(in: 5) ? "-" + Texts.number(&random) : "")
            }
            return Array(terms.joined(separator: random.pick([",", ",", "", "\n", ",,", " "])).utf8) + newline(&random)
        case 5:
            return Array(random.pick(["+0-255", "-0-255", "0x" + String(repeating: "f", count: 64), "0x", "x", "0xffff"]).utf8)
        default: return hex(Set((0...random.below(4)).map { _ in random.pick(adapters + domains) }), &random) + newline(&random)
        }
    }

    private static func hex(_ bits: Set<Int>, _ random: inout Randomness) -> [UInt8] {
        let digits = Array(KernelWords.text(bits).utf8.dropFirst(2))
        let prefix = random.pick(["0x", "0x", "x", ""])
        let text = random.once(in: 4) ? Array(digits.prefix(random.below(70))) : digits
        return Array(prefix.utf8) + text + (random.once(in: 20) ? [48] : [])
    }

    static func config(_ random: inout Randomness) -> [UInt8] {
        func some(_ choices: [Int]) -> [UInt8] {
            let bits = Set((0..<random.below(3)).map { _ in random.pick(random.once(in: 12) ? [0, 64, 128, 254] : choices) })
            return random.once(in: 6) ? [] : hex(bits, &random)
        }
        let separator = Array(random.pick([",", ",", ",", "\n", ", "]).utf8)
        var text = some(adapters) + separator + some(domains)
        text += separator + some(controlDomains) + newline(&random)
        return text + (random.once(in: 8) ? Array(",0x1 and more".utf8) : [])
    }

    // MARK: - Words

    static func queue(_ random: inout Randomness) -> String {
        let card = KernelWords.hex(random.pick(adapters), 2)
        return random.once(in: 8) ? "card\(card)" : "\(card).\(KernelWords.hex(random.pick(domains), 4))"
    }

    private static func uevent(_ random: inout Randomness) -> [UInt8] {
        var text = random.pick(["add", "remove", "change", "move", "online", "offline", "bind", "unbind", "adds", "", "ADD"])
        if random.once(in: 2) { text += " " + random.pick(uuids) }
        for _ in 0..<random.pick([0, 1, 2, 70]) {
            text += " " + random.pick(["A=1", "KEY=VALUE", "A=", "=1", "A", "a=b=c", "ä=1", "A=1 "])
        }
        return Array(text.utf8) + newline(&random)
    }
}
