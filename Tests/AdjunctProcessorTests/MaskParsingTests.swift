import AdjunctProcessor
import Glibc
import Testing
import Waiting

@Suite struct MaskParsingTests {
    /// The vectors of docs/kernel/masks-and-numbers.md, "Vectors of masks", by the rules of 7.2. A result is given
    /// without its trailing zeros; nil is EINVAL.
    @Test(
        arguments: [
            (APMask.all, "-5,-6\n", "f9" + String(repeating: "f", count: 62)),
            (.all, "-0-255\n", ""),
            (.none, "+0-15,+0x20,-3\n", "efff00008"),
            (.all, "\n", ""),
            (.all, "", ""),
            (.all, "0x\n", ""),
            (.all, "x\n", ""),
            (.all, "x8\n", "8"),
            (.all, "0X8\n", nil),
            (.all, "0xx8\n", nil),
            (.all, "0xffff\n", "ffff"),
            (.none, "+1-5-7\n", "7c"),
            (.none, "+1+2\n", "6"),
            (.none, "+1, +2\n", nil),
            (.none, "+256\n", nil),
            (.none, "+010\n", "008"),
            (.none, "+08\n", nil),
            (.none, "+0X10\n", "00008"),
            (.none, "+18446744073709551616\n", nil),
            (.none, "+1844674407370955161600000\n", nil),
            (.none, String(repeating: "f", count: 65), nil),
            (.none, String(repeating: "F", count: 64), String(repeating: "f", count: 64)),
            (.none, "1,2\n", nil),
            (.none, "+0xG\n", nil),
            (.none, "+0x\n", nil),
            (.none, "+5\n\n,,\n", "04"),
            (.all, "-4,-0x47,-0xab\n", "f7fffffffffffffffeffffffffffffffffffffffffefffffffffffffffffffff"),
            (.none, "+1-\n", nil),
            (.none, "+5-3\n", nil),
            (.none, "+5-5\n", "04"),
            (.none, "+0-256\n", nil),
            (.none, "8\n\n", nil),
            (.none, "8 ", nil),
        ] as [(APMask, String, String?)])
    func goldenVectors(current: APMask, text: String, expected: String?) {
        let result = APMask.parse(text.utf8, current: current, overflow: .saturates)
        let digits = expected.map { "0x" + $0 + String(repeating: "0", count: 64 - $0.utf8.count) }
        #expect(result?.description == digits)
    }

    @Test func overflowFollowsTheRelease() {
        for (text, wrapped) in [("+18446744073709551616", 0), ("+0x1000000000000000f", 15), ("+36893488147419103239", 7)] {
            #expect(APMask.parse(text.utf8, current: .none, overflow: .saturates) == nil)
            #expect(APMask.parse(text.utf8, current: .none, overflow: .wraps) == APMask([UInt8(wrapped)]))
        }
        #expect(APMask.parse("+18446744073709551615".utf8, current: .none, overflow: .wraps) == nil)
    }

    @Test func tokensOfApConfigAreAbsoluteAndHaveNoNewline() {
        #expect(APMask.parseHex("".utf8) == APMask.none)
        #expect(APMask.parseHex("0x".utf8) == APMask.none)
        #expect(APMask.parseHex("8".utf8) == APMask([0]))
        #expect(APMask.parseHex("0x0600".utf8) == APMask([5, 6]))
        for text in ["8\n", "+5", "-5", " 8", "0X8", "0xx8"] { #expect(APMask.parseHex(text.utf8) == nil) }
    }

    /// Every mask file of the recordings: each write is played from the mask before it.
    @Test(arguments: ["7.2", "6.12", "6.1"], ["apmask", "aqmask"])
    func agreesWithTheRecordedKernels(release: String, file: String) throws {
        let lines = try contents("\(Repository.recordings)/\(release)/masks-\(file).txt").split(separator: "\n")
        var current = APMask.all
        var compared = 0
        for (request, answer) in zip(lines, lines.dropFirst()) {
            if request.hasPrefix("> write bus/ap/\(file) "), let data = quoted(request) {
                if data.isEmpty { continue }
                let cut = Array(data.prefix { $0 != 0 })
                let overflow: NumberOverflow = release == "7.2" ? .saturates : .wraps
                let mask = APMask.parse(cut, current: current, overflow: overflow)
                #expect((mask != nil) == answer.hasPrefix("< ok"), "\(request)")
                #expect(mask != nil || answer == "< err EINVAL", "\(request)")
                current = mask ?? current
                compared += 1
            } else if request == "> read bus/ap/\(file)", let data = quoted(answer) {
                #expect(String(decoding: data, as: UTF8.self) == "\(current)\n", "\(request)")
                compared += 1
            }
        }
        #expect(compared > 150)
    }

    /// The bytes between the quotes of a recorded line, its C escapes undone.
    private func quoted(_ line: Substring) -> [UInt8]? {
        guard let open = line.firstIndex(of: "\""), line.last == "\"", line.index(after: open) < line.endIndex else { return nil }
        var rest = line[line.index(after: open)...].dropLast()
        var bytes: [UInt8] = []
        while let character = rest.popFirst() {
            guard character == "\\" else {
                bytes += Array(String(character).utf8)
                continue
            }
            switch rest.popFirst() {
            case "n": bytes.append(10)
            case "t": bytes.append(9)
            case "x":
                bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            case let other: bytes += other.map { Array(String($0).utf8) } ?? []
            }
        }
        return bytes
    }

    private func contents(_ path: String) throws -> String {
        let file = try #require(fopen(path, "r"), "\(path)")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
