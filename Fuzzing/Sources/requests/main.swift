import Harness
import Recordings
import SystemAdditions
import VFS

// Recordings: the lines, and their requests.
Harness.run { bytes in
    let quoted = CEscapes.quote(bytes)
    Harness.same(CEscapes.unescape(quoted.utf8.dropFirst().dropLast()), bytes, "what is quoted can be read")
    let write = try? Request("write a/b \(quoted)")
    Harness.same(write, .file(.write("a/b", bytes)), "a request to write it")
    _ = try? Request(String(latin1: bytes))
    guard let recording = try? Recording(name: "x", text: bytes) else { return }
    Harness.same(recording.text, bytes.isEmpty || bytes.last == 10 ? bytes : bytes + [10], "a recording is kept byte for byte")
}
