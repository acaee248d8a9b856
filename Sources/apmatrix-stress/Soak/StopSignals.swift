internal import Glibc
internal import Synchronization

/// SIGINT, SIGTERM and SIGHUP end the work, but not before everything has been looked at and unmounted; the second one ends the
/// process.
enum StopSignals {
    static var haveCome: Bool { aSignalHasCome.load(ordering: .relaxed) }

    static func install() {
        // it is made now, and not in the handler
        _ = haveCome
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in
                aSignalHasCome.store(true, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
        }
    }
}

private let aSignalHasCome = Atomic(false)
