internal import SystemAdditions
internal import SystemPackage
internal import Sysfs

/// A uevent that a user asks for by writing to an `uevent` file: `ACTION [UUID [KEY=VALUE]…]`.
///
/// Kernel: lib/kobject_uevent.c, kobject_synth_uevent, kobject_action_type, kobject_action_args.
struct SyntheticUevent: Equatable {
    let action: UeventAction
    let variables: [UeventVariable]

    /// Why a text is none.
    enum Defect: String, Error {
        /// As the kernel log has it.
        case action = "unknown uevent action string"
        case arguments = "incorrect uevent action arguments"
    }

    /// - Throws: why the text is none: arguments that an environment of their own has no room for are incorrect, too.
    init(_ input: Input) throws(Defect) {
        var text = input.bytes[...]
        // one newline or NUL at the end is not part of it
        if text.last == UInt8(ascii: "\n") || text.last == 0 { text = text.dropLast() }
        let words = text.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard let first = words.first,
            let action = UeventAction.allCases.first(where: { first.elementsEqual($0.rawValue.utf8) })
        else { throw .action }
        self.action = action
        guard words.count > 1 else {
            variables = [UeventVariable("SYNTH_UUID", "0")]
            return
        }
        guard SyntheticUevent.isUUID(words[1]) else { throw .arguments }
        var variables = [UeventVariable("SYNTH_UUID", String(decoding: words[1], as: UTF8.self))]
        for word in words.dropFirst(2) {
            let parts = word.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(SyntheticUevent.isAlphanumeric) })
            else { throw .arguments }
            let key = "SYNTH_ARG_" + String(decoding: parts[0], as: UTF8.self)
            variables.append(UeventVariable(key, String(decoding: parts[1], as: UTF8.self)))
        }
        guard UeventEnvironment(variables).fits else { throw .arguments }
        self.variables = variables
    }

    static func isUUID(_ text: some Collection<UInt8>) -> Bool {
        text.count == 36
            && text.enumerated().allSatisfy { at, byte in
                [8, 13, 18, 23].contains(at) ? byte == UInt8(ascii: "-") : isHexDigit(byte)
            }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) && (byte | 0x20 <= UInt8(ascii: "f"))
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}

/// How much room variables take in what a uevent says.
///
/// Kernel: include/linux/kobject.h, struct kobj_uevent_env; lib/kobject_uevent.c, add_uevent_var.
struct UeventEnvironment {
    private var count: Int
    private var bytes: Int

    private static let mostVariables = 64
    private static let mostBytes = 2048

    init(_ variables: [UeventVariable]) {
        count = variables.count
        bytes = variables.reduce(0) { $0 + $1.key.unicodeScalars.count + $1.value.unicodeScalars.count + 2 }
    }

    /// Whether there is room for them.
    var fits: Bool { !hasTooManyVariables && bytes <= UeventEnvironment.mostBytes }

    private var hasTooManyVariables: Bool { count > UeventEnvironment.mostVariables }

    /// What the kernel log says of variables for which there is no room.
    var complaint: String {
        "add_uevent_var: " + (hasTooManyVariables ? "too many keys" : "buffer size too small")
    }
}

extension Kernel {
    /// Sends the uevent that was asked for by a write to an `uevent` file. What is refused is told in the log.
    ///
    /// - Parameters:
    ///   - subsystem: nil for what sends no uevents: it is checked, and not sent.
    ///   - variables: its own, behind those that were asked for.
    ///   - willSend: called with the action before it is sent.
    /// - Throws: `EINVAL` for what asks for none; `ENOMEM` where there is no room for all variables.
    ///
    /// Kernel: lib/kobject_uevent.c, kobject_synth_uevent, kobject_uevent_env.
    func synthesize(
        _ input: Input, path: String, subsystem: String?, variables: (UeventAction) -> [UeventVariable] = { _ in [] },
        willSend: (UeventAction) -> Void = { _ in }
    ) throws(Errno) {
        let uevent: SyntheticUevent
        do throws(SyntheticUevent.Defect) {
            uevent = try SyntheticUevent(input)
        } catch {
            log.print("synth uevent: \(path): \(error.rawValue)")
            throw .EINVAL
        }
        willSend(uevent.action)
        guard let subsystem else { return }
        let all = uevent.variables + variables(uevent.action)
        let environment = uevents.environment(uevent.action, path: path, subsystem: subsystem, all)
        guard environment.fits else {
            warn(environment.complaint)
            log.print("synth uevent: \(path): failed to send uevent")
            throw .ENOMEM
        }
        uevents.send(uevent.action, path: path, subsystem: subsystem, all)
    }
}
