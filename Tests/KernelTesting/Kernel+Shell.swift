public import DriverCore
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage
internal import VFS

// What root sees of a kernel's tree, for tests: paths begin below /sys, and an answer is a text, as in the recordings.
extension Kernel {
    private var calls: TreeCalls { TreeCalls(tree: tree) }

    /// Writes a text with one `write(2)`.
    ///
    /// - Returns: `ok`, or the name of the error; `E2BIG` where only the beginning was taken.
    @discardableResult
    public func write(_ path: String, _ text: String) -> String {
        do throws(Errno) {
            try calls.write(text, to: SysfsPath(path.utf8))
            return "ok"
        } catch {
            return error.name
        }
    }

    /// Reads a file to its end.
    ///
    /// - Returns: the text, or the name of the error.
    public func read(_ path: String) -> String {
        do throws(Errno) {
            return try calls.text(of: SysfsPath(path.utf8))
        } catch {
            return error.name
        }
    }

    /// Reads a link.
    ///
    /// - Returns: what it points to, or the name of the error.
    public func target(_ path: String) -> String {
        do throws(Errno) {
            return String(decoding: try calls.target(of: SysfsPath(path.utf8)), as: UTF8.self)
        } catch {
            return error.name
        }
    }

    /// Whether there is something at that path, a link included.
    public func exists(_ path: String) -> Bool {
        (try? calls.status(of: SysfsPath(path.utf8))) != nil
    }

    /// The names in a directory, in the order of the alphabet; none where there is no directory.
    public func names(_ path: String) -> [String] {
        let names = try? calls.names(in: SysfsPath(path.utf8)).map { String(decoding: $0.name, as: UTF8.self) }
        return names?.sorted() ?? []
    }

    // MARK: - Uevents

    /// Every uevent so far, a line each. A newline in a value stays in its line.
    public var ueventLines: [String] {
        String(decoding: uevents.bytes, as: UTF8.self).split(separator: "\n").reduce(into: []) { lines, line in
            if line.first == " ", let last = lines.popLast() {
                lines.append("\(last)\n\(line)")
            } else {
                lines.append(String(line))
            }
        }
    }

    /// The uevents that are sent while `body` runs, each as `bind@/devices/box/one`.
    ///
    /// - Throws: what `body` throws.
    public func uevents(during body: () throws -> Void) rethrows -> [String] {
        let before = ueventLines.count
        try body()
        return ueventLines.dropFirst(before).map { String($0.prefix { $0 != " " }) }
    }

    /// The lines that the kernel log gains while `body` runs.
    ///
    /// - Throws: what `body` throws.
    public func log(during body: () throws -> Void) rethrows -> [String] {
        let before = log.bytes.count
        try body()
        return String(decoding: log.bytes.dropFirst(before), as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
