internal import ArgumentParser
internal import Machine
internal import SystemAdditions

struct MachineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machine", abstract: "Show the machine, or change it; list and show those that are built in.",
        usage: """
            apmatrix machine [--mount <path>] [<command> ...]
            apmatrix machine --list
            apmatrix machine <name>
            """,
        discussion: """
            Without a command it prints the machine as a machine file. With the name of a built-in machine it prints the file of that, to \
            begin one's own from: apmatrix machine z16 > my.yaml. Commands, with numbers as in a machine file:
              adapter 06 unplug
              adapter 06 type=CEX8P config=1 chkstop=0
              adapter 06 rawtype=15 depth=8 max_msg_size=12288
              domain 47 usage|control|both|none
              maxima 255 255
              queue 05.0047 reset-busy=5 absent=0 chkstop=0
              queue 05.0047 reset-rc=02 reset-n=1      the same with tapq-, aqic- and nqap-
              off
            Linux notices at its next bus scan: within config_time seconds, or with 'echo 1 > bus/ap/scans'. \
            A machine that is off has no guests, and nothing waits for it; its tree stays until it is unmounted.
            """)

    @OptionGroup var mount: MountChoice
    @Flag(help: "List the built-in machines: their names are taken wherever a machine file is.") var list = false
    @Argument(help: "A command, in one word or many, or the name of a built-in machine.") var command: [String] = []

    func validate() throws {
        if list, let word = command.first { throw ValidationError("--list stands alone; '\(word)' is too much") }
        guard command.count == 1, NamedMachine(rawValue: command[0]) == nil else { return }
        if let nearest = NamedMachine.nearest(to: command[0]) {
            throw ValidationError("'\(command[0])' is no command, and no built-in machine; did you mean '\(nearest)'?")
        }
    }

    func run() throws {
        if list {
            let width = NamedMachine.allCases.map(\.rawValue.count).max() ?? 0
            return try emit(
                NamedMachine.allCases.map { machine in
                    let gap = String(repeating: " ", count: width - machine.rawValue.count + 2)
                    return "\(machine.rawValue)\(gap)\(machine.summary)\n"
                }.joined().losslessBytes)
        }
        if command.count == 1, let machine = NamedMachine(rawValue: command[0]) { return try emit(machine.yaml) }
        let files = try mount.controlFiles()
        if command.isEmpty {
            try emit(files.read("machine"))
        } else {
            guard let remark = try files.write(command.joined(separator: " "), to: "machine") else { return }
            complain(remark)
        }
    }
}

struct GuestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guest", abstract: "Start, stop and list guests.",
        subcommands: [List.self, Start.self, Attach.self, Stop.self, Kill.self, Reset.self, PQAP.self],
        defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A line per guest: name, devices, what it was asked for, and the masks that it runs with.")
        @OptionGroup var mount: MountChoice
        @Flag(help: "As JSON.") var json = false

        func run() throws {
            let text = try mount.controlFiles().read("guests-long")
            try emit(json ? Array(JSON.array(GuestLine.lines(of: text).map(\.json)).document.utf8) : text)
        }
    }

    struct Start: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Start a guest with mediated matrix devices.")
        @OptionGroup var mount: MountChoice
        @Flag(exclusivity: .exclusive) var kind: Kind?
        @Argument(help: "The guest's name.") var name: String
        @Argument(help: "The devices' UUIDs.") var uuids: [String]

        enum Kind: String, EnumerableFlag {
            case deaf, silent, cdev

            static func help(for kind: Kind) -> ArgumentHelp? {
                switch kind {
                case .deaf: "It ignores requests to let go of a device."
                case .silent: "It has registered no eventfds: it is not asked to let go, and hears of no change."
                case .cdev: "It opens a device by the device's own node (/dev/vfio/devices/vfio0), and not by its group's."
                }
            }
        }

        func run() throws {
            let words = ["start" + (kind.map { "-\($0)" } ?? ""), name] + uuids
            try mount.controlFiles().write(words.joined(separator: " "), to: "guests")
        }
    }

    struct Attach: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Attach one more device to a guest that runs.",
            discussion: "A guest can have one mediated matrix device: a second one is refused with EPERM, as on a host.")
        @OptionGroup var mount: MountChoice
        @Argument(help: "The guest's name.") var name: String
        @Argument(help: "The device's UUID.") var uuid: String

        func run() throws {
            try mount.controlFiles().write("attach \(name) \(uuid)", to: "guests")
        }
    }

    struct Stop: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stop a guest in order.")
        @OptionGroup var mount: MountChoice
        @Argument(help: "The guest's name.") var name: String

        func run() throws {
            try mount.controlFiles().write("stop \(name)", to: "guests")
        }
    }

    struct Kill: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Kill a guest as when its virtual machine monitor dies.")
        @OptionGroup var mount: MountChoice
        @Argument(help: "The guest's name.") var name: String

        func run() throws {
            try mount.controlFiles().write("kill \(name)", to: "guests")
        }
    }

    struct Reset: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Reset a guest's devices as VFIO_DEVICE_RESET does.")
        @OptionGroup var mount: MountChoice
        @Argument(help: "The guest's name.") var name: String

        func run() throws {
            try mount.controlFiles().write("reset \(name)", to: "guests")
        }
    }
}

extension GuestCommand {
    struct PQAP: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pqap", abstract: "Let a guest turn the interrupts of a queue on or off: PQAP(AQIC).",
            discussion: "Prints the answer, with response code and condition code, as kernel/debug/apmatrix/hardware has it.")
        @OptionGroup var mount: MountChoice
        @Argument(help: "The guest's name.") var name: String
        @Argument(help: "The queue, as 05.0004.") var queue: String
        @Argument(help: "on, off, or on nib=ADDRESS.") var request: [String]

        func run() throws {
            let files = try mount.controlFiles()
            let answers = try files.openJournal("hardware").atEnd()
            try files.write((["pqap", name, queue] + request).joined(separator: " "), to: "guests")
            // other instructions may have been executed meanwhile
            let beginning = "PQAP \(name) AQIC-".losslessBytes
            var news: [UInt8] = []
            while case let more = try answers.next(), !more.isEmpty { news += more }
            guard let line = news.split(separator: UInt8(ascii: "\n")).first(where: { $0.starts(with: beginning) }) else {
                return
            }
            try emit(line + [UInt8(ascii: "\n")])
        }
    }
}

struct FaultCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault", abstract: "Let reads and writes go wrong, or show what will.",
        discussion: """
            Without a fault it prints those that are still to come, a line each. A fault is
              write assign_domain errno=EIO nth=3     the third write answers EIO
              read */status delay=2s                  every read waits for two seconds
              write apmask errno=EINTR times=2        the first two writes
              clear                                   none any more; whoever is delayed goes on
            The pattern is the end of a path; with a slash in front, all of it.
            """)

    @OptionGroup var mount: MountChoice
    @Argument(help: "A fault, in one word or many.") var fault: [String] = []

    func run() throws {
        let files = try mount.controlFiles()
        if fault.isEmpty {
            try emit(files.read("faults"))
        } else {
            try files.write(fault.joined(separator: " "), to: "faults")
        }
    }
}

struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "log", abstract: "Print the kernel log.")
    @OptionGroup var stream: StreamOptions

    func run() throws { try stream.print("log") }
}

struct UeventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "uevents", abstract: "Print the uevents, a line each.")
    @OptionGroup var stream: StreamOptions

    func run() throws { try stream.print("uevents") }
}

struct LocksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "locks", abstract: "Print how the locks have been used.")
    @OptionGroup var mount: MountChoice

    func run() throws { try emit(mount.controlFiles().read("locks")) }
}

/// How a file that only grows is printed.
struct StreamOptions: ParsableArguments {
    @OptionGroup var mount: MountChoice
    @Flag(
        name: .short,
        help: "Go on with what is added, until interrupted. 'lost N' says that N lines were forgotten unread.")
    var follow = false

    func print(_ name: String) throws {
        let file = try mount.controlFiles().openJournal(name)
        repeat {
            var bytes = try file.next()
            while !bytes.isEmpty {
                try emit(bytes)
                bytes = try file.next()
            }
            if follow { try file.waitForMore() }
        } while follow
    }
}
