/// A uevent as udev sends it to the listeners of libudev's monitor: a header by which the kernel can filter, and the variables.
///
/// Systemd: src/libsystemd/sd-device/device-monitor.c.
public struct UdevMessage: Sendable {
    /// The whole message, header included, as it goes to ``UeventSocket/Group/udev``.
    public let bytes: [UInt8]

    /// Makes udev's message of the kernel's.
    ///
    /// - Parameters:
    ///   - message: `ACTION@DEVPATH` and the variables, each ended by a NUL.
    ///   - initialized: when udev first dealt with the device, in microseconds since boot.
    /// - Returns: nil where the message does not begin with `ACTION@DEVPATH`, or has no `SUBSYSTEM`: it is none of a device.
    public init?(kernel message: [UInt8], initialized: UInt64) {
        let fields = message.split(separator: 0)
        guard let head = fields.first, head.contains(UInt8(ascii: "@")) else { return nil }
        var properties: [UInt8] = []
        for field in fields.dropFirst() {
            if field.starts(with: "DEVNAME=".utf8), !field.starts(with: "DEVNAME=/".utf8) {
                properties += "DEVNAME=/dev/".utf8
                properties += field.dropFirst("DEVNAME=".utf8.count)
            } else {
                properties += field
            }
            properties.append(0)
        }
        guard let subsystem = Self.value("SUBSYSTEM", of: fields) else { return nil }
        properties += "USEC_INITIALIZED=\(initialized)\0".utf8
        var header: [UInt8] = Array("libudev\0".utf8)
        header.append(bigEndian: 0xfeed_cafe)
        header.append(word: Self.headerSize)
        header.append(word: Self.headerSize)
        header.append(word: UInt32(properties.count))
        header.append(bigEndian: Murmur2.hash(subsystem))
        header.append(bigEndian: Self.value("DEVTYPE", of: fields).map { Murmur2.hash($0) } ?? 0)
        // a Bloom filter of tags, of which there are none
        header.append(word: 0)
        header.append(word: 0)
        bytes = header + properties
    }

    private static let headerSize: UInt32 = 40

    private static func value(_ key: String, of fields: [ArraySlice<UInt8>]) -> ArraySlice<UInt8>? {
        fields.first { $0.starts(with: (key + "=").utf8) }?.dropFirst(key.utf8.count + 1)
    }
}

extension [UInt8] {
    fileprivate mutating func append(word: UInt32) {
        Swift.withUnsafeBytes(of: word) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(bigEndian word: UInt32) {
        append(word: word.bigEndian)
    }
}

/// Austin Appleby's MurmurHash2 with the seed 0, which libudev's filters are made with.
enum Murmur2 {
    static func hash(_ text: some Collection<UInt8>) -> UInt32 {
        let multiplier: UInt32 = 0x5bd1_e995
        let bytes = Array(text)
        var hash = UInt32(truncatingIfNeeded: bytes.count)
        var rest = bytes[...]
        while rest.count >= 4 {
            var word = Self.word(rest.prefix(4))
            rest = rest.dropFirst(4)
            word = word &* multiplier
            word ^= word >> 24
            word = word &* multiplier
            hash = (hash &* multiplier) ^ word
        }
        if !rest.isEmpty { hash = (hash ^ Self.word(rest)) &* multiplier }
        hash = (hash ^ (hash >> 13)) &* multiplier
        return hash ^ (hash >> 15)
    }

    /// Up to four bytes, the lowest first.
    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}
