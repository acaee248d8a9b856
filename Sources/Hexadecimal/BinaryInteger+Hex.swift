extension BinaryInteger {
    /// The number in hexadecimal with leading zeros, as `%0*x` writes it.
    public func hex(_ width: Int, uppercase: Bool = false) -> String {
        let digits = String(self, radix: 16, uppercase: uppercase)
        return String(repeating: "0", count: Swift.max(0, width - digits.utf8.count)) + digits
    }
}
