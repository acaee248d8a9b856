import Foundation
import Glibc
import ProgramTesting
import Testing
import Waiting

/// What a command in a run cannot do to the host: docs/RELIABILITY.md, "Trust". What it is kept from is tried in a way that would do
/// no harm.
@Suite(.serialized, .bounded) struct PrivilegeTests {
    private static func shell(_ script: String, _ options: String...) throws -> Program.Outcome {
        try Program.run(arguments: ["run"] + options + ["--", "sh", "-c", script], environment: ["LC_ALL": "C"])
    }

    /// Those of linux/capability.h: LINUX_IMMUTABLE 9, SYS_MODULE 16, SYS_RAWIO 17, SYS_PACCT 20, SYS_BOOT 22, SYS_TIME 25,
    /// SYS_TTY_CONFIG 26, AUDIT_CONTROL 30, MAC_OVERRIDE 32, MAC_ADMIN 33, SYSLOG 34, WAKE_ALARM 35, BLOCK_SUSPEND 36, AUDIT_READ 37.
    private static let unused = [9, 16, 17, 20, 22, 25, 26, 30, 32, 33, 34, 35, 36, 37]
    /// CHOWN, NET_ADMIN, SYS_CHROOT, SYS_ADMIN, MKNOD.
    private static let needed = [0, 12, 18, 21, 27]

    /// The sets of a process, by their names.
    private static func sets(_ status: String) -> [Substring: UInt64] {
        let lines = status.split(separator: "\n").filter { $0.hasPrefix("Cap") }.map { $0.split(separator: ":\t") }
        return Dictionary(uniqueKeysWithValues: lines.filter { $0.count == 2 }.map { ($0[0], UInt64($0[1], radix: 16) ?? .max) })
    }

    @Test(arguments: [[], ["/usr/bin/unshare", "-Urm"]]) func capabilitiesThatOnlyChangeTheHostAreGone(before: [String]) throws {
        let words = before + [Program.path, "run", "--", "grep", "^Cap", "/proc/self/status"]
        let outcome = try Program.run(words[0], arguments: Array(words.dropFirst()))
        let sets = Self.sets(outcome.output)
        #expect(sets.count == 5, "\(outcome.output)\(outcome.errors)")
        for (name, set) in sets {
            for capability in Self.unused { #expect(set >> UInt64(capability) & 1 == 0, "\(name) has \(capability)") }
        }
        let host = Self.sets(try String(contentsOfFile: "/proc/self/status", encoding: .utf8))["CapBnd"] ?? 0
        for capability in Self.needed where !before.isEmpty || geteuid() != 0 || host >> UInt64(capability) & 1 == 1 {
            #expect((sets["CapEff"] ?? 0) >> UInt64(capability) & 1 == 1, "\(capability) is gone")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "a user has no such power")) func rootDoesNotChangeTheHostByAccident() throws {
        let script = """
            try() { if "$@" 2> /dev/null; then echo yes; else echo no; fi; }
            try sh -c 'cat /proc/sys/vm/swappiness > /tmp/swappiness-$$ && cat /tmp/swappiness-$$ > /proc/sys/vm/swappiness'; rm -f /tmp/swappiness-*
            try sh -c ': > /proc/sysrq-trigger'; try sh -c ': > /proc/irq/default_smp_affinity'
            try sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'; [ ! -e /dev/kmsg ] || [ $(stat -c %t:%T /dev/kmsg) = 1:3 ]; echo $?
            date --set="$(date '+%F %T.%N')" > /dev/null 2>&1; echo $?
            """
        #expect(try Self.shell(script).output == "no\nno\nno\nyes\n0\n1\n")
        #expect(try Self.shell(script, "--proc").output == "no\nno\nno\nyes\n0\n1\n")
        let own =
            "cat /proc/sys/net/ipv4/ip_forward > /proc/sys/net/ipv4/ip_forward || echo refused; grep CapEff /proc/self/status"
        let shared = try Self.shell(own, "--host-network").output
        #expect(shared.hasPrefix("refused\n"))
        #expect((Self.sets(shared)["CapEff"] ?? .max) >> 12 & 1 == 0)
    }

    @Test(.enabled(if: geteuid() == 0, "a user has no such power")) func privilegedIsForThoseWhoWantIt() throws {
        let script = """
            S=$(cat /proc/sys/vm/swappiness); echo $S > /proc/sys/vm/swappiness && echo yes
            stat -c %t:%T /dev/kmsg; grep ^CapBnd /proc/self/status
            """
        let outcome = try Self.shell(script, "--privileged")
        let kernel = FileManager.default.fileExists(atPath: "/dev/kmsg") ? "1:b\n" : ""
        #expect(outcome.output.hasPrefix("yes\n\(kernel)CapBnd"), "\(outcome.output)\(outcome.errors)")
        let host = Self.sets(try String(contentsOfFile: "/proc/self/status", encoding: .utf8))
        #expect(Self.sets(outcome.output)["CapBnd"] == host["CapBnd"])
    }
}
