/// Guests and modules: the files of the control plane, and what they do to devices.
extension Model {
    /// A line for each command; the first one that is refused ends the write.
    mutating func commands(_ text: [UInt8], _ command: (inout Model, [String]) -> Expectation) -> Expectation {
        for written in text.split(separator: 10) {
            // blanks and carriage returns at the end mean nothing
            guard let end = written.lastIndex(where: { ![32, 9, 13].contains($0) }) else { continue }
            let line = written[...end]
            let words = line.split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
            let expectation = command(&self, words)
            guard expectation == .ok else { return expectation }
        }
        return .ok
    }

    /// `limit BYTES`, from 64K to 1G.
    static func journalCommand(_ words: [String]) -> Expectation {
        guard words.count == 2, words[0] == "limit" else { return .exactly("EINVAL") }
        let digits = words[1].prefix { "0123456789".contains($0) }
        let shift = ["": 0, "K": 10, "M": 20, "G": 30][String(words[1].dropFirst(digits.count))]
        guard let shift, let number = Int(digits), number <= 1 << 30 else { return .exactly("EINVAL") }
        return 64 << 10...1 << 30 ~= number << shift ? .ok : .exactly("EINVAL")
    }

    mutating func moduleCommand(_ words: [String]) -> Expectation {
        guard words.count == 2, words[0] == "load" || words[0] == "unload" else { return .exactly("EINVAL") }
        guard words[1] == "vfio_ap" else { return .exactly("ENOENT") }
        if words[0] == "load" {
            if !isLoaded { heardMaxima = maxima }
            isLoaded = true
            return .ok
        }
        guard isLoaded else { return .exactly("ENOENT") }
        guard guests.values.allSatisfy(\.devices.isEmpty) else { return .exactly("EAGAIN") }
        isLoaded = false
        mdevs = [:]
        return .ok
    }

    mutating func guestCommand(_ words: [String]) -> Expectation {
        guard words.count >= 2 else { return .exactly("EINVAL") }
        switch words[0] {
        case "start", "start-deaf":
            return start(words[1], words.dropFirst(2).map { KernelWords.uuid($0.utf8) }, isDeaf: words[0] == "start-deaf")
        case "stop", "kill":
            guard words.count == 2 else { return .exactly("EINVAL") }
            return guests.removeValue(forKey: words[1]) == nil ? .exactly("ENOENT") : .ok
        case "reset":
            guard words.count == 2 else { return .exactly("EINVAL") }
            guard let guest = guests[words[1]] else { return .exactly("ENOENT") }
            return guest.devices.isEmpty ? .ok : .allowed(["EIO", "EBUSY"])
        case "pqap": return .allowed(["EINVAL", "ENOENT"])
        default: return .exactly("EINVAL")
        }
    }

    private mutating func start(_ name: String, _ uuids: [String?], isDeaf: Bool) -> Expectation {
        guard name.utf8.count <= 255 else { return .exactly("ENAMETOOLONG") }
        guard !uuids.contains(nil) else { return .exactly("EINVAL") }
        guard guests[name] == nil else { return .exactly("EEXIST") }
        guard guests.count < 4096 else { return .exactly("ENOSPC") }
        var opened: [String] = []
        for uuid in uuids.compactMap(\.self) {
            guard isLoaded, mdevs[uuid]?.isBound == true else { return .exactly("ENOENT") }
            guard guest(of: uuid) == nil, !opened.contains(uuid) else { return .exactly("EBUSY") }
            guard opened.isEmpty else { return .exactly("EPERM") }
            opened.append(uuid)
        }
        guests[name] = Guest(isDeaf: isDeaf, devices: opened)
        return .ok
    }
}
