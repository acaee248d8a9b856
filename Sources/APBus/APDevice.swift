internal import AdjunctProcessor
public import DriverCore

/// What is on the AP bus: cards, and the queues below them.
public enum APDevice: BusDevice {
    case card(APCard)
    case queue(APQueue)

    public var device: Device {
        switch self {
        case .card(let card): card.device
        case .queue(let queue): queue.device
        }
    }

    public var queue: APQueue? {
        if case .queue(let queue) = self { queue } else { nil }
    }

    public var card: APCard? {
        if case .card(let card) = self { card } else { nil }
    }
}
