import DriverCore
import Emulator
import Kernels
import Recordings
import Sysfs
import SystemAdditions
import SystemPackage
import VFS

/// A computer in virtual time that is walked over, and the model that knows what it must answer. Used by one thread.
final class Host {
    let computer: Computer
    let calls: TreeCalls
    private(set) var model: Model
    private let player: Player
    /// What was written in the background, under its name.
    private var waiting: [String: (path: String, bytes: [UInt8])] = [:]
    /// How often each errno was answered, and `ok`: walks that are refused everything prove nothing.
    private(set) var answers: [String: Int] = [:]

    init(_ model: Model) throws {
        let clock = VirtualClock()
        computer = try Computer(release: model.release, clock: clock)
        calls = TreeCalls(tree: computer.tree)
        // a request in the background is ended by the next one: only a machine that is busy otherwise makes it last
        player = try Player(calls, pace: .virtual(patience: .seconds(20)) { clock.advance(by: $0) })
        self.model = model
    }

    /// Does a step, and judges what it was answered.
    func perform(_ step: Step) -> Failure? {
        for line in step.lines {
            if let failure = perform(line) { return failure }
        }
        return nil
    }

    private func perform(_ line: String) -> Failure? {
        let request: Request
        do throws(Request.Unreadable) {
            request = try Request(line)
        } catch {
            return Failure(kind: "unreadable", text: "\(error)")
        }
        // what would wait for ever is not done: only shrinking can come to it
        if case .file(.write(let path, let bytes)) = request, model.wouldWait(path.description, bytes) != nil { return nil }
        let expected = expectation(of: request)
        let answer = player.answer(request)
        answers[String(answer.hasPrefix("err") ? answer.split(separator: " ").last ?? "" : "ok"), default: 0] += 1
        guard expected.permits(answer) else {
            return Failure(
                kind: "answer: \(kind(of: request))", text: "> \(line)\n< \(answer.prefix(300))\nbut it should be \(expected)")
        }
        return nil
    }

    // MARK: - What must be answered

    /// The words of an answer that are right.
    private struct Expected: CustomStringConvertible {
        let description: String
        let permits: (String) -> Bool

        static func exactly(_ text: String) -> Expected { Expected(description: text) { $0 == text } }
    }

    private func expectation(of request: Request) -> Expected {
        switch request {
        case .file(.write(let path, let bytes)), .file(.pwrite(let path, _, let bytes)):
            if let errno = openError(path, writing: true) { return .exactly("err open \(errno)") }
            return write(path.description, bytes) { $0 == "ok" ? "ok \(min(bytes.count, 4096))" : "err \($0)" }
        case .file(.writes(let path, let all)):
            if let errno = openError(path, writing: true) { return .exactly("err open \(errno)") }
            return Expected(description: "ok, and for each write what it takes or an errno of \(path)") { answer in
                let words = answer.split(separator: " ").map(String.init)
                guard words.count == all.count + 1, words[0] == "ok" else { return false }
                return zip(all, words.dropFirst()).allSatisfy { bytes, word in
                    self.write(path.description, bytes) { $0 == "ok" ? "\(min(bytes.count, 4096))" : $0 }.permits(word)
                }
            }
        case .file(.read(let path)):
            if let errno = openError(path, writing: false) { return .exactly("err open \(errno)") }
            return read(path.description)
        case .command(let file, let line, _):
            return write("kernel/debug/apmatrix/\(file.rawValue)", Array("\(line)\n".utf8)) { $0 == "ok" ? "ok" : "err \($0)" }
        case .settle: return write("bus/ap/scans", [49]) { $0 == "ok" ? "ok scans" : "err \($0)" }
        case .background(let name, .file(.write(let path, let bytes))):
            waiting[name] = (path.description, bytes)
            return .exactly("ok")
        case .wait(let name, _):
            guard let (path, bytes) = waiting.removeValue(forKey: name) else { return .exactly("err name ENOENT") }
            return Expected(description: "an end") { answer in
                answer == "err open ENOENT"
                    || self.write(path, bytes) { $0 == "ok" ? "ok \(bytes.count)" : "err \($0)" }.permits(answer)
            }
        default: return Expected(description: "ok, or an errno of the path") { $0 != "blocked" && !$0.hasPrefix("err usage") }
        }
    }

    /// A write to a file that can be opened.
    private func write(_ path: String, _ bytes: [UInt8], _ words: @escaping (String) -> String) -> Expected {
        guard !bytes.isEmpty else { return .exactly(words("ok")) }
        var next = model
        let expectation = next.write(path, bytes, peeking)
        switch expectation {
        case .exactly(let one):
            model = next
            return .exactly(words(one))
        case .allowed(let errnos):
            let allowed = ["ok"] + errnos.sorted()
            return Expected(description: allowed.map(words).joined(separator: " or ")) { answer in
                guard let one = allowed.first(where: { words($0) == answer }) else { return false }
                self.model.didWrite(path, bytes, one)
                return true
            }
        }
    }

    private func read(_ path: String) -> Expected {
        if let texts = model.text(of: path) {
            return Expected(description: "\(texts)") { answer in texts.contains { "ok \(CEscapes.quote($0.utf8))" == answer } }
        }
        let errnos = Errnos.ofRead(of: path)
        return Expected(description: (["at most a page of text"] + errnos).joined(separator: " or ")) { answer in
            guard answer.hasPrefix("ok ") else { return errnos.contains { "err \($0)" == answer } }
            let bytes = CEscapes.unescape(Array(answer.dropFirst(4).dropLast().utf8))
            return path.hasPrefix("kernel/debug/") || (bytes?.count ?? .max) < 4096
        }
    }

    /// What open answers: that comes from the tree, and whether the tree is right is seen in `check`.
    private func openError(_ path: SysfsPath, writing: Bool) -> String? {
        do throws(Errno) {
            let status = try calls.status(of: path)
            guard status.kind == .file else { return writing ? "EISDIR" : nil }
            return status.mode & (writing ? 0o222 : 0o444) == 0 ? "EACCES" : nil
        } catch {
            return error.name
        }
    }

    private var peeking: Model.Peeking {
        let calls = calls
        return Model.Peeking { path in
            guard let file = try? calls.open(SysfsPath(path.utf8), .readOnly),
                let bytes = try? calls.read(file, at: 0, count: 4096)
            else { return nil }
            return String(latin1: bytes)
        } target: { path in
            (try? calls.target(of: SysfsPath(path.utf8)))?.split(separator: 0x2f).last.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    private func kind(of request: Request) -> String {
        switch request {
        case .file(.write(let path, _)), .file(.writes(let path, _)), .file(.pwrite(let path, _, _)):
            "write \(name(path.description))"
        case .file(.read(let path)): "read \(name(path.description))"
        case .command(let file, let line, _): "\(file) \(line.split(separator: " ").first ?? "")"
        case .wait: "wait"
        default: "other"
        }
    }

    private func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    // MARK: - Checks

    /// Looks whether the host shows what the model knows.
    func check() -> Failure? {
        let shown = ["matrix", "control_domains"] + (model.release >= .v6_12 ? ["ap_config"] : [])
        for uuid in model.mdevs.keys {
            // without its driver a device has none of these files
            for name in shown {
                if let failure = check("devices/vfio_ap/matrix/\(uuid)/\(name)", model.text(of: uuid, name)) { return failure }
            }
        }
        for path in ["bus/ap/apmask", "bus/ap/aqmask", Model.type + "/available_instances"] {
            let expected = model.isLoaded || path.hasPrefix("bus") ? model.text(of: path)?.first : nil
            if let failure = check(path, expected) { return failure }
        }
        return nil
    }

    /// - Parameter expected: the text, nil where the file must not be there.
    private func check(_ path: String, _ expected: String?) -> Failure? {
        let text = peeking.text(path)
        guard text != expected else { return nil }
        return Failure(
            kind: "check: \(name(path))",
            text: "\(path) is \(text.debugDescription)\nbut it should be \(expected.debugDescription)")
    }

    /// Looks whether everything is as it should be behind the files, and every lock free.
    func inspect() -> Failure? {
        var defects = computer.inspect()
        for name in (try? calls.names(in: "class/zcrypt")) ?? [] where name.name.contains(UInt8(ascii: "/")) {
            defects.append("a name has a slash in it: \(String(latin1: name.name))")
        }
        return defects.isEmpty ? nil : Failure(kind: "inspection", text: defects.joined(separator: "\n"))
    }

    /// Lets everything go that holds itself alive.
    func end() {
        computer.shutDown()
        computer.tree.root.remove()
    }
}
