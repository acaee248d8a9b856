extension Request {
    /// How each request is written, by its first word.
    static let forms: KeyValuePairs<String, String> = [
        "write": "write PATH DATA", "writes": "writes PATH DATA DATA…", "pwrite": "pwrite PATH OFFSET DATA",
        "read": "read PATH", "pread": "pread PATH OFFSET COUNT", "list": "list PATH", "tree": "tree PATH", "link": "link PATH",
        "stat": "stat PATH", "access": "access PATH rwx", "open": "open PATH O_RDWR|O_TRUNC", "mkdir": "mkdir PATH",
        "rmdir": "rmdir PATH", "unlink": "unlink PATH", "creat": "creat PATH", "rename": "rename PATH PATH",
        "symlink": "symlink TARGET PATH", "truncate": "truncate PATH LENGTH", "chmod": "chmod PATH MODE",
        "readdir": "readdir PATH", "dump": "dump PATH", "reads": "reads PATH COUNT", "sendfile": "sendfile PATH",
        "hardlink": "hardlink PATH PATH", "mknod": "mknod PATH file|fifo|char|sock",
        "rename2": "rename2 PATH PATH noreplace|exchange", "chown": "chown PATH UID GID, -1 for none", "utimes": "utimes PATH",
        "exec": "exec PATH", "getxattr": "getxattr PATH NAME", "listxattr": "listxattr PATH",
        "setxattr": "setxattr PATH NAME VALUE", "removexattr": "removexattr PATH NAME",
        "fopen": "fopen FILE PATH O_RDWR|O_TRUNC", "fopenat": "fopenat FILE DIRECTORY PATH O_RDWR|O_TRUNC",
        "fclose": "fclose FILE",
        "fread": "fread FILE COUNT", "fpread": "fpread FILE OFFSET COUNT", "fwrite": "fwrite FILE DATA",
        "fpwrite": "fpwrite FILE OFFSET DATA", "fwritev": "fwritev FILE DATA DATA…",
        "fseek": "fseek FILE OFFSET set|cur|end|data|hole", "fstat": "fstat FILE", "fpoll": "fpoll FILE",
        "freaddir": "freaddir FILE COUNT", "fmmap": "fmmap FILE", "ftruncate": "ftruncate FILE LENGTH", "fsync": "fsync FILE",
        "fioctl": "fioctl FILE", "ffallocate": "ffallocate FILE", "fchmod": "fchmod FILE MODE",
        "bg": "bg NAME REQUEST, with a request that is a system call, or guest or module", "wait": "wait NAME [MILLISECONDS]",
        "settle": "settle", "idle": "idle", "sleep": "sleep MILLISECONDS", "ping": "ping",
        "hw": "hw adapter|remove-adapter|domain|maxima|queue …, or hw events",
        "guest": "guest start|start-deaf|start-cdev|start-silent NAME UUID…, or guest stop|kill|reset|events NAME",
        "module": "module load|unload NAME", "uevents": "uevents", "dmesg": "dmesg",
    ]

    /// What to write in the place of a line that is no request.
    static func advice(for line: String) -> String {
        let verb = line.words.first ?? ""
        if let form = forms.first(where: { $0.key == verb }) { return "it is written '\(form.value)'" }
        return "a request is one of \(forms.map(\.key).joined(separator: " "))"
    }

    /// Whether it is about what sysfs does not have: the hardware, guests, modules, uevents and the log.
    public var needsControlPlane: Bool {
        switch self {
        case .command, .news, .guestEvents: true
        case .background(_, let request): request.needsControlPlane
        case .file, .wait, .settle, .pause, .sleep, .ping: false
        }
    }
}
