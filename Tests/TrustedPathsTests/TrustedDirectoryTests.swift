import Glibc
import SystemPackage
import Testing

@testable import TrustedPaths

/// Ways to directories, in one of our own that nobody else can write. Whose a directory is, only root can say.
@Suite final class TrustedDirectoryTests {
    private let root: String

    init() throws {
        var template = Array("/tmp/apmatrix-trust-XXXXXX".utf8CString)
        let made = mkdtemp(&template).map { String(cString: $0) }
        root = try #require(made)
        for (name, mode) in [("mine", 0o755), ("open", 0o777), ("sticky", 0o1777), ("theirs", 0o755)] as [(String, mode_t)] {
            try #require(mkdir("\(root)/\(name)", 0o755) == 0 && mkdir("\(root)/\(name)/in", 0o700) == 0)
            chmod("\(root)/\(name)", mode)
            symlink("in", "\(root)/\(name)/link")
            symlink("\(root)/mine", "\(root)/\(name)/out")
        }
        guard geteuid() == 0 else { return }
        chown(root + "/theirs", 1000, 1000)
        for name in ["theirs", "sticky"] { lchown("\(root)/\(name)/link", 1000, 1000) }
    }

    deinit {
        for name in ["mine", "open", "sticky", "theirs"] {
            for link in ["link", "out"] { unlink("\(root)/\(name)/\(link)") }
            for directory in ["in", "new/er", "new", ""] { rmdir("\(root)/\(name)/\(directory)") }
        }
        rmdir(root)
    }

    private func walk(_ path: String, _ use: TrustedDirectory.Use, making: Bool = false) -> String {
        do throws(DistrustError) {
            let found = try TrustedDirectory(FilePath(root + path), as: use, making: making)
            return (found.path.string + found.missing.map { "|" + $0.string }.joined()).replacing(root, with: "")
        } catch .system(_, let error) {
            return "\(error.rawValue)"
        } catch {
            return error.description.replacing(root, with: "")
        }
    }

    @Test(arguments: [
        ("/mine/in", "/mine/in"), ("/mine//./in/../in/", "/mine/in"), ("/mine/link", "/mine/in"), ("/mine/out/in", "/mine/in"),
        ("/mine/no/where", "/mine|no|where"), ("/mine/no/../in", "2"), ("/mine/in/../../mine", "/mine"), ("/open/in", "/open/in"),
        ("/open/link", "the link /open/link is another user's"), ("/sticky/out", "/mine"),
    ])
    func aPlaceIsAnybodysButNoLinkIs(path: String, found: String) {
        #expect(walk(path, .place).contains(found))
    }

    @Test(arguments: [
        ("/mine/in", "/mine/in"), ("/mine/out/in", "/mine/in"), ("/mine/link", "/mine/link is a link"), ("/open", "chmod go-w"),
        ("/open/in", "/open can be written by others"), ("/sticky/in", "/sticky/in"), ("/sticky", "can be written by others"),
        ("/mine/new/er", "/mine/new/er"), ("/open/new", "/open can be written by others"), ("/sticky/new", "/sticky/new"),
    ])
    func whatIsOnesOwnNobodyElseMayWrite(path: String, found: String) {
        #expect(walk(path, .own, making: true).contains(found))
        var status = stat()
        #expect(stat(root + "/open/new", &status) != 0)
        if found == path, path.contains("new") { #expect(stat(root + path, &status) == 0 && status.st_mode & 0o777 == 0o700) }
    }

    @Test(
        .enabled(if: geteuid() == 0, "only root can give a directory away"),
        arguments: [
            ("/theirs", TrustedDirectory.Use.own, "/theirs belongs to user 1000"),
            ("/theirs/in", .own, "/theirs belongs to user 1000"),
            ("/theirs/new", .own, "/theirs belongs to user 1000"), ("/theirs/in", .place, "/theirs/in"),
            ("/theirs/link", .place, "the link /theirs/link is another user's"), ("/theirs/out", .place, "the link"),
            ("/sticky/link", .place, "the link /sticky/link is another user's"),
        ])
    func whatIsAnothersIsNot(path: String, use: TrustedDirectory.Use, found: String) {
        #expect(walk(path, use, making: use == .own).contains(found))
        #expect(access(root + "/theirs/new", F_OK) != 0)
    }

    @Test func inAHeldDirectoryNoLinkIsFollowed() throws {
        let held = try TrustedDirectory(FilePath(root + "/mine"), as: .own).held
        #expect(throws: Errno(rawValue: ENOTDIR)) { try held.open("link", O_RDONLY | O_DIRECTORY) }
        #expect(throws: Errno(rawValue: ELOOP)) { try held.makeDirectory("out/new") }
        #expect(throws: Errno(rawValue: ELOOP)) { try held.open("link", O_WRONLY | O_CREAT, mode: 0o600) }
        #expect(try held.makeDirectory("new/er").status().st_mode & S_IFMT == S_IFDIR)
    }
}
