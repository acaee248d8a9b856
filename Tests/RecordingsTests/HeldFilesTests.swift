import Recordings
import Sysfs
import Testing
import VFS

/// Files that stay open, on a tree in this process.
@Suite struct HeldFilesTests {
    private let machine: SampleMachine
    private let player: Player

    init() throws {
        machine = try SampleMachine()
        player = try Player(TreeCalls(tree: machine.tree), pace: .virtual { _ in })
    }

    private func play(_ script: [(String, String)]) {
        for (line, answer) in script { #expect(player.answer(line) == answer, "\(line)") }
    }

    @Test func aFileHasAPlaceThatReadsMoveOn() {
        play([
            ("fopen f bus/ap/ap_max_domain_id O_RDONLY", "ok"), ("fread f 2", #"ok "25""#), ("fseek f 0 cur", "ok 2"),
            ("fread f 100", #"ok "5\n""#), ("fread f 100", #"ok """#), ("fpread f 1 2", #"ok "55""#),
            ("fseek f -1 end", "ok 4095"),
            ("fseek f 9 data", "ok 9"), ("fseek f 9 hole", "ok 4096"), ("fseek f 4096 data", "err ENXIO"),
            ("fclose f", "ok"), ("fclose f", "err EBADF"), ("fread f 1", "err EBADF"), ("fpoll f", "ok"),
            ("freaddir f 1", "ok !EBADF"),
        ])
    }

    @Test func backgroundRequestsHaveTheSameFiles() {
        play([
            ("fopen f bus/ap/ap_max_domain_id O_RDONLY", "ok"), ("bg r fread f 2", "ok"), ("wait r", #"ok "25""#),
            ("fread f 2", #"ok "5\n""#),
        ])
    }

    @Test func whatIsOpenAndGoneKeepsItsStatusAndWhatWasShown() throws {
        let mdev = "devices/vfio_ap/matrix/\(SampleMachine.uuid)"
        play([
            ("fopen m \(mdev)/ap_config O_RDWR", "ok"), ("fread m 0", #"ok """#), ("fopen d \(mdev) O_RDONLY|O_DIRECTORY", "ok"),
            ("fopen p \(mdev)/matrix O_PATH", "ok"),
        ])
        var directory = machine.tree.root
        for name in mdev.split(separator: "/") { directory = try directory.directory(String(name)) }
        directory.remove()
        play([
            ("fread m 10", "err ENODEV"), ("fwrite m 1", "err ENODEV"), ("fseek m 0 set", "err ENODEV"),
            ("fstat m", "ok file 0644 0 4096 0 0"), ("fchmod m 0600", "ok"), ("ftruncate m 5", "ok"),
            ("fstat m", "ok file 0600 0 4096 0 0"), ("fpoll m", "ok IN OUT PRI ERR RDNORM WRNORM"),
            ("fstat p", "ok file 0444 0 4096 0 0"),
            ("fstat d", "ok dir 0755 0 0 0 0"), ("freaddir d 9", "ok ./ ../ |"), ("fopenat x d matrix O_RDONLY", "err ENOENT"),
            ("fopenat x d . O_RDONLY|O_DIRECTORY", "ok"), ("fread p 1", "err EBADF"),
        ])
    }

    @Test func aListingGoesOnWhereItHasEnded() {
        let all = player.answer("readdir bus/ap")
        #expect(all.hasPrefix("ok ./ ../ ") && all.hasSuffix(" |"))
        play([
            ("fopen d bus/ap O_RDONLY|O_DIRECTORY", "ok"), ("freaddir d 99", all), ("freaddir d 1", "ok |"),
            ("fseek d 0 set", "ok 0"), ("freaddir d 99", all),
        ])
    }
}
