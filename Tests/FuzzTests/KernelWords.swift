/// How the kernel reads what is written, as docs/kernel/masks-and-numbers.md tells it: written anew for the model, so that a
/// mistake would have to be made twice.
enum KernelWords {
    enum Number: Equatable {
        case value(UInt64)
        case error(String)
    }

    /// kstrtoul with base 0.
    static func unsignedLong(_ bytes: some Collection<UInt8>) -> Number {
        var text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self).unicodeScalars[...]
        if text.first == "+" { text.removeFirst() }
        var radix: UInt64 = 10
        if text.first == "0" {
            radix = 8
            let rest = text.dropFirst()
            if rest.first == "x" || rest.first == "X", let digit = rest.dropFirst().first, value(digit, 16) != nil {
                radix = 16
                text = rest.dropFirst()
            }
        }
        let digits = text.prefix { value($0, radix) != nil }
        guard !digits.isEmpty else { return .error("EINVAL") }
        guard let number = UInt64(String(String.UnicodeScalarView(digits)), radix: Int(radix)) else { return .error("ERANGE") }
        let tail = text.dropFirst(digits.count)
        return tail.isEmpty || tail.elementsEqual("\n".unicodeScalars) ? .value(number) : .error("EINVAL")
    }

    private static func value(_ digit: Unicode.Scalar, _ radix: UInt64) -> UInt64? {
        let value: UInt64
        switch digit {
        case "0"..."9": value = UInt64(digit.value - 48)
        case "a"..."f": value = UInt64(digit.value - 87)
        case "A"..."F": value = UInt64(digit.value - 55)
        default: return nil
        }
        return value < radix ? value : nil
    }

    /// The bits of hexadecimal digits, the first digit has the lowest; nil for what is no mask. No newline.
    static func absoluteMask(_ bytes: some Collection<UInt8>) -> Set<Int>? {
        var text = Array(bytes)
        if text.starts(with: [48, 120]) { text.removeFirst() }
        if text.first == 120 { text.removeFirst() }
        guard text.count <= 64 else { return nil }
        var bits: Set<Int> = []
        for (at, byte) in text.enumerated() {
            guard let nibble = value(Unicode.Scalar(byte), 16) else { return nil }
            for bit in 0..<4 where nibble & (8 >> UInt64(bit)) != 0 { bits.insert(4 * at + bit) }
        }
        return bits
    }

    /// A mask file's text in either form.
    ///
    /// - Parameter wraps: numbers over 64 bits start again at 0, as before 7.2.
    static func mask(_ bytes: some Collection<UInt8>, from old: Set<Int>, wraps: Bool) -> Set<Int>? {
        var text = Array(bytes.prefix { $0 != 0 })
        guard text.first == 43 || text.first == 45 else {
            if text.last == 10 { text.removeLast() }
            return absoluteMask(text)
        }
        var (bits, at) = (old, 0)
        func number() -> Int? {
            func digit(_ index: Int, _ radix: UInt64) -> UInt64? {
                index < text.count ? value(Unicode.Scalar(text[index]), radix) : nil
            }
            var radix: UInt64 = 10
            if at < text.count, text[at] == 48 {
                let isHexadecimal = at + 1 < text.count && (text[at + 1] == 120 || text[at + 1] == 88) && digit(at + 2, 16) != nil
                radix = isHexadecimal ? 16 : 8
                if isHexadecimal { at += 2 }
            }
            guard digit(at, radix) != nil else { return nil }
            var (number, isHuge): (UInt64, Bool) = (0, false)
            while let next = digit(at, radix) {
                let (product, overflow) = number.multipliedReportingOverflow(by: radix)
                let (sum, carry) = product.addingReportingOverflow(next)
                isHuge = isHuge || overflow || carry
                number = sum
                at += 1
            }
            return isHuge && !wraps || number > 255 ? nil : Int(number)
        }
        while at < text.count {
            guard text[at] == 43 || text[at] == 45 else { return nil }
            let sets = text[at] == 43
            at += 1
            guard let first = number() else { return nil }
            var last = first
            if at < text.count, text[at] == 45 {
                at += 1
                guard let number = number(), number >= first else { return nil }
                last = number
            }
            if sets { bits.formUnion(first...last) } else { bits.subtract(first...last) }
            while at < text.count, text[at] == 44 || text[at] == 10 { at += 1 }
        }
        return bits
    }

    /// A mask as it is shown.
    static func text(_ bits: Set<Int>) -> String {
        let digits = (0..<64).map { at in
            String((0..<4).reduce(0) { $0 << 1 | (bits.contains(4 * at + $1) ? 1 : 0) }, radix: 16)
        }
        return "0x" + digits.joined()
    }

    /// The name that a device file takes, without the newline.
    static func name(_ bytes: [UInt8]) -> [UInt8] {
        let text = Array(bytes.prefix { $0 != 0 })
        return text.last == 10 ? text.dropLast() : text
    }

    /// 36 characters of a UUID in lower case, nil for others.
    static func uuid(_ bytes: some Collection<UInt8>) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.utf8.count == 36 else { return nil }
        for (at, scalar) in text.unicodeScalars.enumerated() {
            guard [8, 13, 18, 23].contains(at) ? scalar == "-" : value(scalar, 16) != nil else { return nil }
        }
        return text.lowercased()
    }

    static func hex(_ number: Int, _ width: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
