import Foundation
import Glibc
import ProgramTesting
import Testing
import Waiting

/// What is another user's does nothing to root: docs/RELIABILITY.md, "Trust".
@Suite(.serialized, .bounded, .enabled(if: geteuid() == 0, "only root can give a directory away")) struct TrustTests {
    /// A shell script in a directory of root's, with `apmatrix` as `$A`, and `give` for what user 1000 has made.
    private static func outcome(of script: String) throws -> Program.Outcome {
        let folder = try Folder()
        defer { folder.remove() }
        return try Program.run(
            "/bin/sh", arguments: ["-c", "umask 022; give() { chown -hR 1000:1000 \"$@\"; }\n" + script], in: folder.path,
            environment: ["A": Program.path, "LC_ALL": "C"])
    }

    /// The loader of programs reads /etc/ld.so.preload.
    @Test func anothersStateDoesNotBecomeRootsEtc() throws {
        let outcome = try Self.outcome(
            of: """
                mkdir -p state/etc; echo theirs > state/etc/ld.so.preload; give state
                $A run --keep-state state -- cat /etc/ld.so.preload; echo $?; ls -A state
                """)
        #expect(outcome.output == "125\netc\n")
        #expect(outcome.errors.contains("belongs to user 1000"), "\(outcome.errors)")
    }

    /// Given to root, but not all of it.
    @Test func whatOthersHaveLeftInAStateIsNotTaken() throws {
        let outcome = try Self.outcome(
            of: """
                mkdir -p state/etc; echo theirs > state/etc/ld.so.preload; give state/etc
                $A run --keep-state state -- cat /etc/ld.so.preload; echo $?
                """)
        #expect(outcome.output == "125\n")
        #expect(outcome.errors.contains("what is kept of /etc belongs to user 1000"), "\(outcome.errors)")
    }

    @Test(arguments: [".lock", ".root", "etc", ".work", ".work/etc"]) func aLinkInAStateLeadsNowhere(name: String) throws {
        let outcome = try Self.outcome(
            of: """
                mkdir -p state/.work victim; [ \(name) = .work ] && rmdir state/.work
                case \(name) in .lock|.root) ln -s ../victim/new state/\(name);; *) ln -s $PWD/victim state/\(name);; esac
                $A run --keep-state state -- sh -c 'echo > /etc/new'; echo $?; find victim
                """)
        #expect(outcome.output == "125\nvictim\n", "\(outcome.errors)")
        #expect(outcome.errors.contains("is a link in the directory"), "\(outcome.errors)")
    }

    @Test(arguments: [
        ("mkdir open; chmod 777 open", "open", "chmod go-w"), ("mkdir -p open/state; chmod 777 open", "open/state", "chmod go-w"),
        ("mkdir -p home/state; give home; chown 0:0 home/state", "home/state", "home belongs to user 1000"),
        ("mkdir home; give home", "home/state", "home belongs to user 1000"),
        ("mkdir home state; ln -s ../state home/state; give home", "home/state/", "another user's"),
        ("mkdir state; ln -s state link", "link", "is a link"),
        ("mkdir -m 1777 tmp; mkdir state; ln -s ../state tmp/link; chown -h 1000 tmp/link", "tmp/link/in", "another user's"),
    ])
    func aStateIsInRootsHandsAlone(setUp: String, state: String, reason: String) throws {
        let outcome = try Self.outcome(
            of: "\(setUp)\nfind . > before; $A run --keep-state \(state) -- true; echo $?; find . | diff before -")
        #expect(outcome.output == "125\n", "\(outcome.errors)")
        #expect(outcome.errors.contains(reason), "\(outcome.errors)")
    }

    /// The directory itself may be anybody's: it is only covered.
    @Test func noLinkOfAnothersIsFollowedToAPlace() throws {
        let outcome = try Self.outcome(
            of: """
                mkdir -p home/real victim; ln -s ../victim home/link; give home
                $A run --cow $PWD/home/link -- true; echo $?; $A run --tmpfs $PWD/home/link -- true; echo $?; $A mount home/link; echo $?
                $A run --cow $PWD/home/real -- sh -c 'echo > home/real/new'; echo $?; ls home/real
                $A run --tmpfs $PWD/home/real -- sh -c 'echo > home/real/new'; echo $?; ls home/real
                $A mount home/real; echo $?; cat home/real/bus/ap/ap_domain; $A unmount home/real; ls home/real victim
                """)
        #expect(outcome.output == "125\n125\n1\n0\n0\n0\n4\nhome/real:\n\nvictim:\n", "\(outcome.errors)")
        #expect(
            outcome.errors.split(separator: "\n").count { $0.contains("home/link is another user's") } == 3, "\(outcome.errors)")
    }

    @Test func aRecordingStaysInItsMount() throws {
        let outcome = try Self.outcome(
            of: """
                mkdir sys; $A mount sys; printf '> mkdir ../new\\n< err outside\\n> read bus/ap/../ap/ap_domain\\n< ok "4\\\\n"\\n' > r.txt
                $A replay --mount sys r.txt; $A unmount sys; ls
                """)
        #expect(outcome.output.contains("2 of 2"), "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.hasSuffix("\nr.txt\nsys\n"), "\(outcome.output)")
    }
}
