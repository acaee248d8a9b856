internal import AdjunctProcessor
public import DriverCore

/// What is on the AP bus: cards, and the queues below them.
public enum APDevice: BusDevice {
    /// It comes before its queues and goes after them.
    case card(APCard)
    /// Its directory is in that of its card.
    case queue(APQueue)

    /// The driver core's part of it: directory, lock, the name of the driver.
    public var device: Device {
        switch self {
        case .card(let card): card.device
        case .queue(let queue): queue.device
        }
    }

    /// The type as which it is driven.
    var type: UInt8 {
        switch self {
        case .card(let card): card.type
        case .queue(let queue): queue.type
        }
    }

    /// Nil for a card.
    public var queue: APQueue? {
        if case .queue(let queue) = self { queue } else { nil }
    }

    /// Nil for a queue.
    public var card: APCard? {
        if case .card(let card) = self { card } else { nil }
    }
}
