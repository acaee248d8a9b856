/// What a server promises for a day of work (docs/RELIABILITY.md, "A day of work"), and how long is waited for it.
enum Bounds {
    /// Kilobytes that a server has in memory at any time.
    static let memory = 256 * 1024
    /// Threads of a server at any time: 512 for requests that wait, its own, and some for what waits in the control plane.
    static let threads = 560
    /// Threads that a server keeps when it has been left alone for `idleSeconds`. A soak that is shorter than that does not wait.
    static let idleThreads = 8
    static let idleSeconds = 60
    /// Descriptors that a server has besides those that it has at first. Clients' open files are no descriptors of the server.
    static let descriptors = 8
    /// Seconds after which guests are stopped and faults cleared where nobody gets on: each client may wait for another one to do it.
    static let secondsOfPatience = 2
    /// Seconds in which a client that was killed is gone: a tenth is promised, on a machine that has time for it.
    static let secondsOfTheKilled = 10
    /// Seconds in which each client comes back at the end, when there is nothing any more to wait for.
    static let secondsOfClients = 60
    /// Seconds in which a machine comes to rest.
    static let secondsToRest = 30
    /// Seconds in which a server is ready, and in which it ends.
    static let secondsOfServers = 30
}
