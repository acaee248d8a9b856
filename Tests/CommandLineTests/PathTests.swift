import Foundation
import ProgramTesting
import Testing
import Waiting

/// Paths and arguments are bytes: what is no UTF-8 works, and what reads alike is not the same. docs/RELIABILITY.md, "Numbers and
/// names".
@Suite(.serialized, .bounded) struct PathTests {
    /// Runs commands of a shell in a folder; `$A` is the program, `$X` a byte that is no UTF-8.
    private func run(_ commands: String, in folder: Folder) throws -> Program.Outcome {
        try Program.run(
            "/bin/sh", arguments: ["-c", "X=$(printf '\\377'); set -e; " + commands], in: folder.path,
            environment: ["A": Program.path])
    }

    @Test func aMountPointIsBytes() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let outcome = try run(
            """
            mkdir "s$X" "s y"
            trap '"$A" unmount --lazy "s$X" || true; rmdir "s$X" "s y"' EXIT
            "$A" mount "s$X"
            cat "s$X/bus/ap/ap_domain"
            printf "start vm$X" > "s$X/kernel/debug/apmatrix/guests"
            "$A" guest --mount "s$X" | od -An -tx1 -w4 | head -1
            "$A" guest stop "vm$X" --mount "s$X"
            "$A" env "s$X" | grep -a -c "SYSFS_ROOT='.*s$X'"
            ! "$A" mount "s$X" 2> err
            grep -a -c "s$X already has" err
            ! "$A" guest stop "vm$X" --mount "s$X" 2> err
            grep -a -c "there is no guest 'vm$X'" err
            "$A" mount "s y"
            "$A" unmount "s y"
            """, in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "4\n 76 6d ff 20\n1\n1\n1\n")
        #expect(outcome.errors.isEmpty)
    }

    /// Two directories whose names are equal as texts.
    @Test func whatReadsAlikeIsNotTheSame() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let outcome = try run(
            """
            one=$(printf 'caf\\303\\251') two=$(printf 'cafe\\314\\201')
            mkdir "$one" "$two"
            trap '"$A" unmount --lazy "$one" || true' EXIT
            "$A" mount "$one"
            ! "$A" unmount "$two" 2> err
            grep -a -c 'nothing is mounted there' err
            ! "$A" machine --mount "$two" 2> err
            grep -a -c 'not an apmatrix mount' err
            "$A" mount "$two"
            "$A" unmount "$two"
            cat "$one/bus/ap/ap_domain"
            """, in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "1\n1\n4\n")
    }

    @Test func whatAShellIsToldIsThePathThatItIs() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let outcome = try run(
            """
            # a quote with an accent behind it, and a byte that is no UTF-8
            place="it'$(printf '\\314\\201')s$X; false"
            mkdir "$place"
            trap '"$A" unmount --lazy "$place" || true; rmdir "$place"' EXIT
            "$A" mount "$place"
            eval "$("$A" env "$place")"
            cat "$SYSFS_ROOT/bus/ap/ap_domain"
            """, in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "4\n")
    }

    @Test func directoriesOfARunAreBytes() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let outcome = try run(
            """
            mkdir "d$X" "d$X/c$X" "d$X/t$X"
            touch "d$X/t$X/hidden"
            trap 'cd ..; chmod -R u+rwX "d$X"; rm -rf "d$X"' EXIT
            cd "d$X"
            "$A" run --keep-state "k$X" --cow "$PWD/c$X" --tmpfs "$PWD/t$X" -- sh -c '
                readlink /proc/self/cwd | tail -c 2 | od -An -tx1
                ls "$1"
                touch "$2/new"' sh "t$X" "c$X"
            ls "c$X" "t$X" | grep -c new || true
            "$A" run --keep-state "k$X" --cow "$PWD/c$X" -- ls "c$X"
            """, in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == " ff 0a\n0\nnew\n")
    }

    @Test func filesAndWordsAreBytes() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let outcome = try run(
            """
            mkdir s
            "$A" run -- sh -c 'printf "$1" | od -An -tx1' sh "a$X"
            printf 'adapters: {03: CEX7C}\\ndomains: [04]\\n' > "m$X"
            "$A" mount "m$X" s
            trap '"$A" unmount --lazy s || true; rm "m$X"' EXIT
            ls -d s/devices/ap/card*
            "$A" unmount s
            ! "$A" mount "none$X" s 2> err
            grep -a -c "none$X" err
            ! "$A" "frob$X" 2> err
            grep -a -c "'frob$X' is no command" err
            """, in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
            outcome.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) } == [
                "61 ff", "s/devices/ap/card03", "1", "1",
            ])
    }
}
