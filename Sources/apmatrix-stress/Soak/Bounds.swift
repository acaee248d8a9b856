/// What a server promises for a day of work (docs/RELIABILITY.md, "A day of work"), and how long is waited for it.
enum Bounds {
    /// Kilobytes that a server has in memory at any time.
    static let memory = 256 * 1024
    /// Threads of a server at any time: those that serve 511 requests that wait, and its own.
    static let threads = 560
    /// Threads that a server keeps when it has been left alone for `idleSeconds`; nil: not bounded yet.
    static let idleThreads: Int? = nil
    static let idleSeconds = 60
    /// Descriptors that a server has besides those that it has at first. Clients' open files are no descriptors of the server.
    static let descriptors = 8
    /// Seconds after which guests are stopped and faults cleared where nobody gets on: each client may wait for another one to do it.
    static let secondsOfPatience = 2
    /// Seconds in which a client that was killed is gone. It waits for what it has asked for, until somebody stops the guest or
    /// clears the fault that holds it up, which the other clients do all the time.
    static let secondsOfTheKilled = 60
    /// Seconds in which each client comes back at the end, when there is nothing any more to wait for.
    static let secondsOfClients = 60
    /// Seconds in which a machine comes to rest.
    static let secondsToRest = 30
    /// Seconds in which a server is ready, and in which it ends.
    static let secondsOfServers = 30
}
