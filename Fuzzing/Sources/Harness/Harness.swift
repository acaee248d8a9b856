internal import CFuzzer

/// What every harness does: it hands texts that libFuzzer makes up to a parser, and dies where the parser is wrong.
public enum Harness {
    // Unsafe: set once, before the fuzzer runs, which has one thread.
    private nonisolated(unsafe) static var test: ([UInt8]) -> Void = { _ in }

    /// Runs the fuzzer with the arguments of the program; does not return while it finds nothing to say.
    public static func run(_ test: @escaping ([UInt8]) -> Void) {
        Self.test = test
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        withUnsafeMutablePointer(to: &arguments) { arguments in
            arguments.withMemoryRebound(to: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?.self, capacity: 1) { arguments in
                _ = LLVMFuzzerRunDriver(&count, arguments) { bytes, length in
                    Harness.test(Array(UnsafeBufferPointer(start: bytes, count: length)))
                    return 0
                }
            }
        }
    }

    /// Dies where two values are not the same.
    public static func same<Value: Equatable>(_ one: Value, _ other: Value, _ what: String) {
        guard one != other else { return }
        fatalError("\(what): \(one) is not \(other)")
    }
}
