internal import SystemAdditions
internal import SystemPackage
internal import VFS

extension FileOperations {
    /// A line for every name below a directory: type, mode, links, size, path, and what a link or a file has in it.
    func addDump(_ path: SysfsPath, below relative: [UInt8], to text: inout [UInt8]) {
        guard let names = try? sortedNames(in: path) else { return }
        for name in names {
            let here = path.appending(name.name)
            let below = relative.isEmpty ? name.name : relative + [UInt8(ascii: "/")] + name.name
            do throws(Errno) {
                let status = try status(of: here)
                let letter = status.kind == .link ? "l" : status.kind == .directory ? "d" : "-"
                text += "\(letter)\(octal(status.mode)) \(status.linkCount) \(status.size) ".utf8 + below
                switch status.kind {
                case .link: text += " -> ".utf8 + ((try? target(of: here)) ?? [])
                case .directory: break
                default: text += contentsOrError(of: here).utf8
                }
                text.append(UInt8(ascii: "\n"))
                if status.kind == .directory { addDump(here, below: below, to: &text) }
            } catch {
                text += "? ".utf8 + below + " \(error.word)\n".utf8
            }
        }
    }

    private func contentsOrError(of path: SysfsPath) -> String {
        let file: File
        do throws(Errno) {
            file = try open(path, .readOnly)
        } catch {
            return " open \(error.word)"
        }
        defer { close(file) }
        do throws(Errno) {
            return try " = " + CEscapes.quote(contents(of: file))
        } catch {
            return " read \(error.word)"
        }
    }
}

extension OpenFileOperations {
    /// A file read to the end, and how many calls had something.
    ///
    /// - Throws: what read(2) answers.
    func readInPieces(_ path: SysfsPath, _ count: Int) throws(Errno) -> String {
        try withFile(path, .readOnly) { file throws(Errno) in
            var data: [UInt8] = []
            var calls = 0
            while true {
                let bytes = try read(file, count: count)
                guard !bytes.isEmpty else { return "ok \(CEscapes.quote(data)) \(calls)" }
                data += bytes
                calls += 1
            }
        }
    }
}
