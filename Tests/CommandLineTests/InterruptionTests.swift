import Foundation
import Glibc
import ProgramTesting
import Testing
import Waiting

/// Whatever ends a `run`, a `mount` or their servers, and whenever: nothing is left of them.
///
/// KILLS is how often each is killed, and at how many calls something happens; more than there are calls is all of them.
@Suite(.serialized, .bounded(besides: "KILLS")) struct InterruptionTests {
    private static let times = ProcessInfo.processInfo.environment["KILLS"].flatMap { Int($0) } ?? 8
    private static let signals = [SIGTERM, SIGKILL, SIGINT, SIGHUP]
    private static let asRoot = ConditionTrait.enabled(if: geteuid() == 0, "only root mounts without fusermount3")

    /// Numbers from 1 to a largest one: all, or as many as are wanted.
    private static func sample(_ largest: Int) -> [Int] {
        let count = min(times, largest)
        return (0..<count).map { 1 + ($0 * largest + Int.random(in: 0..<largest)) / count }.map { min($0, largest) }
    }

    /// A state that was kept can be used again.
    private static func checkState(_ state: String, after what: String) throws {
        let outcome = try Program.run(arguments: ["run", "--keep-state", state, "--", "true"])
        #expect(outcome.status == 0, "after \(what): \(outcome.errors)")
    }

    // MARK: - At any time

    @Test func aRunThatIsKilledLeavesNothing() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let state = folder.path + "/state"
        for number in 0..<Self.times {
            let signal = Self.signals[number % Self.signals.count]
            let delay = useconds_t.random(in: 0..<200_000)
            let interruption = Interruption()
            let running = try Program.Running(
                arguments: ["run", "--keep-state", state, "--", "sleep", "31536000"], environment: interruption.environment)
            usleep(delay)
            kill(running.identifier, signal)
            _ = try running.outcome(patience: 5)
            interruption.leavesNothing(after: "a run that got signal \(signal) after \(delay) µs")
        }
        try Self.checkState(state, after: "\(Self.times) kills")
    }

    /// Names come and go while they are looked at: threads of the server wait for those who wait for it. What the command mounts over the
    /// tree keeps nobody from ending that.
    @Test(arguments: ["", "mount -t tmpfs none /sys;"])
    func aRunThatIsKilledInMidWorkLeavesNothing(hiding: String) throws {
        let look = "while :; do ls -lR bus/ap devices/ap devices/vfio_ap; done > /dev/null 2>&1 &"
        let work = """
            cd /sys; \(hiding) \(look) \(look)
            T=devices/vfio_ap/matrix; echo ready; exec 2> /dev/null
            while :; do
                echo -5 > bus/ap/apmask; U=$(cat /proc/sys/kernel/random/uuid)
                echo $U > $T/mdev_supported_types/vfio_ap-passthrough/create; echo 1 > $T/$U/remove; echo +5 > bus/ap/apmask
                echo adapter 06 unplug > kernel/debug/apmatrix/machine; echo 1 > bus/ap/scans
                echo adapter 06 type=CEX8P > kernel/debug/apmatrix/machine; echo 1 > bus/ap/scans
            done
            """
        for number in 0..<max(2, Self.times / 4) {
            // the first process of the run, too
            let isOuter = number % 4 != 3
            let delay = useconds_t.random(in: 0..<300_000)
            let interruption = Interruption()
            let running = try Program.Running(
                arguments: ["run", "--", "sh", "-c", work], environment: interruption.environment)
            try #require(running.waits(for: "ready"))
            usleep(delay)
            kill(isOuter ? running.identifier : try #require(Self.child(of: running.identifier)), SIGKILL)
            _ = try running.outcome(patience: 5)
            interruption.leavesNothing(after: "a run, killed at work after \(delay) µs, \(isOuter ? "from outside" : "inside")")
        }
    }

    private static func child(of process: pid_t) -> pid_t? {
        let children = FileManager.default.contents(atPath: "/proc/\(process)/task/\(process)/children") ?? Data()
        return String(decoding: children, as: UTF8.self).split(separator: " ").first.flatMap { pid_t($0) }
    }

    @Test(asRoot) func aMountThatIsKilledLeavesNothing() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        for number in 0..<Self.times {
            let signal = Self.signals[number % Self.signals.count]
            let delay = useconds_t.random(in: 0..<100_000)
            let interruption = Interruption()
            let running = try Program.Running(arguments: ["mount", sys], environment: interruption.environment)
            usleep(delay)
            kill(running.identifier, signal)
            let outcome = try running.outcome(patience: 5)
            if outcome.status == 0 { #expect(try Program.run("unmount", sys).status == 0) }
            interruption.leavesNothing(at: sys, after: "a mount that got signal \(signal) after \(delay) µs")
        }
    }

    // MARK: - At each call

    /// The first process is killed, or whichever is about to make the call.
    @Test(arguments: ["kill", "end"]) func aRunThatIsKilledAtACallLeavesNothing(mode: String) throws {
        let folder = try Folder()
        defer { folder.remove() }
        let state = folder.path + "/state"
        let words = ["run", "--proc", "--keep-state", state, "--", "true"]
        for call in try Self.sample(CallByCall.count(words, Interruption()).calls) {
            let signal = mode == "end" ? SIGKILL : Self.signals[call % Self.signals.count]
            let interruption = Interruption()
            let (outcome, report) = try CallByCall.run(mode, call, signal, words, interruption)
            #expect(outcome.status != 124, "signal \(signal) at call \(call): \(report)")
            interruption.leavesNothing(after: "a run that got signal \(signal) at call \(call): \(report)")
        }
        try Self.checkState(state, after: "the kills")
    }

    @Test(asRoot, arguments: ["kill", "end"]) func aMountThatIsKilledAtACallLeavesNothing(mode: String) throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        for call in try Self.sample(mountedAndUnmounted(sys) { try CallByCall.count(["mount", sys], $0).calls }) {
            let signal = mode == "end" ? SIGKILL : Self.signals[call % Self.signals.count]
            let interruption = Interruption()
            let (outcome, report) = try CallByCall.run(mode, call, signal, ["mount", sys], interruption)
            #expect(outcome.status != 124, "signal \(signal) at call \(call): \(report)")
            // the last call of the process that waits, once both know that the mount is there
            let isExit = report == "exit of the first process"
            if outcome.status == 0 || isExit { _ = try Program.run("unmount", sys) }
            interruption.leavesNothing(at: sys, after: "a mount that got signal \(signal) at call \(call): \(report)")
        }
    }

    private func mountedAndUnmounted<Result>(_ sys: String, _ body: (Interruption) throws -> Result) throws -> Result {
        let interruption = Interruption()
        let result = try body(interruption)
        #expect(try Program.run("unmount", sys).status == 0)
        interruption.leavesNothing(at: sys, after: "a mount")
        return result
    }

    /// One call of those that make a descriptor, a mount, a namespace, a process or a thread.
    @Test func aRunWithACallThatFailsSaysSoAndLeavesNothing() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let state = folder.path + "/state"
        let words = ["run", "--proc", "--keep-state", state, "--", "ls", "/sys/bus/ap/devices"]
        for call in try Self.sample(CallByCall.count(words, Interruption()).made) {
            let interruption = Interruption()
            let (outcome, report) = try CallByCall.run("fail", call, EMFILE, words, interruption)
            let what = "call \(call) that failed: \(report)"
            if outcome.status == 0 {
                #expect(outcome.output.contains("card05"), "\(what)")
            } else if !Self.isDispatchs(report) {
                #expect(outcome.status == 125, "\(what): \(outcome.errors)")
                #expect(outcome.errors.hasPrefix("Error: "), "\(what): \(outcome.errors)")
            }
            interruption.leavesNothing(after: what)
        }
        try Self.checkState(state, after: "the failures")
    }

    /// Dispatch ends the process where it cannot have one of these.
    private static func isDispatchs(_ report: String) -> Bool {
        ["eventfd2", "epoll_create1", "timerfd_create"].contains { report.hasPrefix($0) }
    }

    @Test(asRoot) func aMountWithACallThatFailsSaysSoAndLeavesNothing() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        for call in try Self.sample(mountedAndUnmounted(sys) { try CallByCall.count(["mount", sys], $0).made }) {
            let interruption = Interruption()
            let (outcome, report) = try CallByCall.run("fail", call, EMFILE, ["mount", sys], interruption)
            let what = "call \(call) that failed: \(report)"
            if outcome.status == 0 {
                #expect(try folder.text("sys/bus/ap/ap_domain") == "4\n", "\(what)")
                #expect(try Program.run("unmount", sys).status == 0, "\(what)")
            } else if !Self.isDispatchs(report) {
                #expect([1, 125].contains(outcome.status), "\(what): \(outcome.errors)")
                // libfuse may have said something before
                #expect(outcome.errors.contains("Error: "), "\(what): \(outcome.errors)")
            }
            interruption.leavesNothing(at: sys, after: what)
        }
    }

    // MARK: - Ends of servers

    /// Whatever ends the server: what it leaves is taken away.
    @Test(
        asRoot, arguments: [SIGKILL, SIGTERM, SIGUSR1, SIGSEGV, SIGTRAP, SIGABRT, SIGQUIT], [false, true])
    func aServerThatEndsLeavesNoMount(signal: Int32, inForeground: Bool) throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        let interruption = Interruption()
        let running = try Program.Running(
            arguments: ["mount"] + (inForeground ? ["-f"] : []) + [sys],
            environment: interruption.environment.merging(Interruption.asksForBacktraces) { $1 })
        if !inForeground { #expect(try running.outcome().status == 0) }
        waitUntil("it is mounted") { FileManager.default.fileExists(atPath: sys + "/bus") }
        let server = try #require(inForeground ? running.identifier : CommandLineTests.server(of: sys))
        kill(server, signal)
        interruption.leavesNothing(at: sys, after: "a server that got signal \(signal)")
    }

    /// Somebody else's mount in its place is not touched.
    @Test(asRoot) func theGuardTakesNoOtherMountAway() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        let interruption = Interruption()
        let running = try Program.Running(arguments: ["mount", sys], environment: interruption.environment)
        #expect(try running.outcome().status == 0)
        let server = try #require(CommandLineTests.server(of: sys))
        kill(server, SIGSTOP)
        #expect(umount2(sys, Int32(MNT_DETACH)) == 0)
        #expect(try Program.run("mount", sys).status == 0)
        kill(server, SIGKILL)
        waitUntil("the first server and its guard are gone") { interruption.remains.isEmpty }
        #expect(try folder.text("sys/bus/ap/ap_domain") == "4\n")
        #expect(try Program.run("unmount", sys).status == 0)
    }

    /// The process that waits looks for no reason of its own fault, which would keep its end from being seen.
    @Test(arguments: [SIGSEGV, SIGABRT, SIGILL])
    func aFaultOfTheWaitingProcessEndsTheRun(signal: Int32) throws {
        let interruption = Interruption()
        let running = try Program.Running(
            arguments: ["run", "--", "sh", "-c", "echo ready; exec sleep 31536000"],
            environment: interruption.environment.merging(Interruption.asksForBacktraces) { $1 })
        try #require(running.waits(for: "ready"))
        kill(running.identifier, signal)
        #expect(try running.outcome(patience: 5).status == signal)
        interruption.leavesNothing(after: "a run with a fault")
    }

    // MARK: - Closed descriptors

    private static let closed = (0..<8).map { set in
        [(1, "<&-"), (2, ">&-"), (4, "2>&-")].filter { set & $0.0 != 0 }.map(\.1).joined(separator: " ")
    }

    /// What fails does so by its status where there is nobody to tell; what works, works.
    @Test(asRoot, arguments: closed) func aMountWithClosedDescriptorsIsThereOrFails(redirections: String) throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        let interruption = Interruption()
        let mount = { (path: String) in
            let script = "exec '\(Program.path)' mount '\(path)' \(redirections)"
            return try Program.run("/bin/sh", arguments: ["-c", script], environment: interruption.environment).status
        }
        #expect(try mount(folder.path + "/missing") == 1)
        #expect(try mount(folder.path) == 1, "it is not empty")
        #expect(try mount(sys) == 0)
        #expect(try folder.text("sys/bus/ap/ap_domain") == "4\n")
        #expect(try Program.run("unmount", sys).status == 0)
        interruption.leavesNothing(at: sys, after: "a mount with \(redirections)")
    }

    @Test(arguments: closed) func aRunWithClosedDescriptorsRunsOrFails(redirections: String) throws {
        let run = { (words: String) in
            let script = "exec '\(Program.path)' run \(words) \(redirections)"
            return try Program.run("/bin/sh", arguments: ["-c", script]).status
        }
        #expect(try run("--cow /no/such -- true") == 125)
        #expect(try run("-- no-such-program") == 127)
        #expect(try run("-- sh -c '[ -d /sys/bus/ap ] && exit 7'") == 7)
    }
}
