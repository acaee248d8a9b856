import Hexadecimal
import Kernels
import Sysfs
import SystemAdditions
import SystemPackage
import Testing

/// How the kernel reads numbers: docs/kernel/masks-and-numbers.md, "Numbers".
@Suite struct KernelTextTests {
    private func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }

    @Test(
        arguments: [
            ("5", 5), ("5\n", 5), ("+5", 5), ("05", 5), ("0x5", 5), ("0X05\n", 5), ("010", 8), ("0", 0),
            ("18446744073709551615", .max),
        ] as [(String, UInt64)])
    func readsUnsignedLongs(_ text: String, _ value: UInt64) throws {
        #expect(try KernelText.unsignedLong(bytes(text)) == value)
    }

    @Test(arguments: [
        " 5", "5 ", "5\n\n", "", "\n", "-1", "08", "0x", "0xg", "5,6", "+", "++5", "1e3",
    ])
    func refusesWhatIsNoUnsignedLong(_ text: String) {
        #expect(throws: Errno.EINVAL) { try KernelText.unsignedLong(bytes(text)) }
    }

    /// The overflow is told before what follows is looked at.
    @Test(arguments: ["18446744073709551616", "18446744073709551616x", "0x10000000000000000\n"])
    func tellsOverflow(_ text: String) {
        #expect(throws: Errno.ERANGE) { try KernelText.unsignedLong(bytes(text)) }
    }

    @Test(
        arguments: [
            ("5", 5), ("-5", -5), ("+5", 5), ("-0x10", -16), ("-010\n", -8), ("-0", 0), ("2147483647", .max),
            ("-2147483648", .min),
        ] as [(String, Int32)])
    func readsNumbersWithASign(_ text: String, _ value: Int32) throws {
        #expect(try KernelText.integer(bytes(text)) == value)
    }

    @Test(arguments: ["--5", "-+5", "+-5", "- 5", "-", "", "08", "1x", "99999999999x"])
    func refusesWhatIsNoNumberWithASign(_ text: String) {
        #expect(throws: Errno.EINVAL) { let _: Int32 = try KernelText.integer(bytes(text)) }
    }

    @Test(arguments: ["2147483648", "-2147483649", "99999999999", "18446744073709551616"])
    func tellsThatANumberDoesNotFit(_ text: String) {
        #expect(throws: Errno.ERANGE) { let _: Int32 = try KernelText.integer(bytes(text)) }
    }

    @Test func aNumberWithoutASignHasNone() throws {
        #expect(try KernelText.integer(bytes("0xffffffff")) == UInt32.max)
        #expect(throws: Errno.EINVAL) { let _: UInt32 = try KernelText.integer(bytes("-1")) }
        #expect(throws: Errno.ERANGE) { let _: UInt32 = try KernelText.integer(bytes("0x100000000")) }
    }

    @Test(arguments: [
        ("1", true), ("1xyz", true), ("y", true), ("T", true), ("on", true), ("oN", true), ("0", false), ("n", false),
        ("F", false), ("off", false), ("ofx", false),
    ])
    func readsBooleans(_ text: String, _ value: Bool) throws {
        #expect(try KernelText.boolean(bytes(text), release: .v6_1) == value)
    }

    @Test func enableAndDisableAreUnderstoodLate() throws {
        #expect(try KernelText.boolean(bytes("enable"), release: .v7_2))
        #expect(try !KernelText.boolean(bytes("D"), release: .v7_2))
        #expect(throws: Errno.EINVAL) { try KernelText.boolean(bytes("enable"), release: .v6_12) }
        #expect(throws: Errno.EINVAL) { try KernelText.boolean(bytes("ox"), release: .v7_2) }
        #expect(throws: Errno.EINVAL) { try KernelText.boolean(bytes(""), release: .v7_2) }
    }

    @Test(
        arguments: [
            ("1abc", .decimal, 1), (" \t7", .decimal, 7), ("-3", .decimal, -3), ("0x1", .decimal, 0), ("071", .decimal, 71),
            ("4294967297", .decimal, 1), ("0x47", .prefixed, 71), ("071", .prefixed, 57), ("\u{b}12", .prefixed, 12),
        ] as [(String, KernelText.ScanBase, Int32)])
    func scansIntegers(_ text: String, _ base: KernelText.ScanBase, _ value: Int32) throws {
        #expect(try KernelText.scannedInteger(bytes(text), base, release: .v7_2) == value)
        #expect(try KernelText.scannedInteger(bytes(text), base, release: .v6_1) == value)
    }

    /// The value of the digits, or its negative, is cut to 32 bits.
    @Test(
        arguments: [
            ("4294967301", 5), ("-4294967291", 5), ("-18446744073709551611", 5), ("-18446744073709551615", 1),
            ("9223372036854775808", 0),
        ] as [(String, Int32)])
    func scannedIntegersAreCut(_ text: String, _ value: Int32) throws {
        for release in KernelRelease.allCases {
            #expect(try KernelText.scannedInteger(bytes(text), .decimal, release: release) == value)
        }
    }

    @Test(
        arguments: [("18446744073709551621", 5), ("36893488147419103237", 5), ("-18446744073709551617", -1)] as [(String, Int32)])
    func whatDoesNotFitInto64BitsIsRefusedLate(_ text: String, _ value: Int32) throws {
        #expect(throws: Errno.EINVAL) { try KernelText.scannedInteger(bytes(text), .decimal, release: .v7_2) }
        #expect(try KernelText.scannedInteger(bytes(text), .decimal, release: .v6_12) == value)
        #expect(try KernelText.scannedInteger(bytes(text), .decimal, release: .v6_1) == value)
    }

    @Test func anUnsignedNumberIsScannedWithoutASign() throws {
        #expect(try KernelText.scannedLong(bytes(" 18446744073709551617x"), .decimal, release: .v6_1) == 1)
        for text in ["-18446744073709551615", "-1", "+1"] {
            #expect(throws: Errno.EINVAL) { try KernelText.scannedLong(bytes(text), .decimal, release: .v6_1) }
        }
    }

    @Test(arguments: ["", "x", "+5", "- 5"])
    func refusesWhatScansToNothing(_ text: String) {
        #expect(throws: Errno.EINVAL) { try KernelText.scannedInteger(bytes(text), .decimal, release: .v7_2) }
    }

    @Test func namesTolerateOneNewline() {
        #expect(KernelText.names(bytes("05.0004"), "05.0004"))
        #expect(KernelText.names(bytes("05.0004\n"), "05.0004"))
        #expect(!KernelText.names(bytes("05.0004\n\n"), "05.0004"))
        #expect(!KernelText.names(bytes("05.0004 "), "05.0004"))
        #expect(!KernelText.names(bytes(""), "05.0004"))
    }

    @Test func anInputEndsAtItsFirstNUL() {
        #expect(Input(Array("5\0junk".utf8)).text.elementsEqual("5".utf8))
    }

    @Test func hexadecimalHasLeadingZeros() {
        #expect(5.hex(2) == "05")
        #expect(171.hex(4) == "00ab")
        #expect(14.hex(4, uppercase: true) == "000E")
        #expect(256.hex(2) == "100")
    }
}
