internal import DriverCore
internal import Sysfs
internal import SystemAdditions

/// Reads values of parameters, and tells in the log which it cannot take.
///
/// Kernel: kernel/params.c, parse_args.
struct ParameterReader {
    /// The longest text that a parameter takes.
    private static let longestText = 1024

    private let whose: String
    private let log: KernelLog

    /// - Parameter whose: a module, or "Booting kernel".
    init(of whose: String, log: KernelLog) {
        self.whose = whose
        self.log = log
    }

    /// Takes a number as C writes it: decimal, hexadecimal or octal, with a sign or without.
    ///
    /// - Returns: false where it is none or does not fit; the parameter is what it was then.
    @discardableResult
    func take<Value: FixedWidthInteger>(_ target: inout Value, _ value: String?, _ name: String) -> Bool {
        guard let value, let number: Value = try? KernelText.integer(value.latin1[...]) else {
            refuse(value, name)
            return false
        }
        target = number
        return true
    }

    /// Takes any text that is not too long.
    func takeText(_ target: inout String?, _ value: String?, _ name: String) {
        guard let value else { return refuse(value, name) }
        guard value.utf8.count <= Self.longestText else {
            log.print("\(name.drop { $0 != "." }.dropFirst()): string parameter too long")
            log.print("\(whose): `\(value)' too large for parameter `\(name)'")
            return
        }
        target = value
    }

    /// Says that there is no such parameter.
    func ignore(_ name: String) {
        log.print("\(whose): unknown parameter '\(name)' ignored")
    }

    private func refuse(_ value: String?, _ name: String) {
        log.print("\(whose): `\(value ?? "")' invalid for parameter `\(name)'")
    }
}
