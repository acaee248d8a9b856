internal import AdjunctProcessor
internal import DriverCore
internal import KernelLocks
internal import Kernels
internal import LockOrder

/// What a CCA card has told of itself and of one of its domains.
struct CCAInfo: Sendable {
    var serialNumber: String?
    var masterKeys: CCAMasterKeys?
}

/// What cards have answered, where a release remembers it (`remembersAnswers`): it is shown without asking while the card, or the
/// queue, is offline. Of cards that are gone, too.
///
/// Kernel: drivers/s390/crypto/zcrypt_ccamisc.c, cca_info_cache; zcrypt_ep11misc.c, card_cache.
struct RememberedAnswers {
    /// Of a card as such under no domain.
    var cca: [AdapterID: [DomainID?: CCAInfo]] = [:]
    var ep11: [AdapterID: EP11CardInfo] = [:]
}

// What the zcrypt drivers ask cards, file by file.
extension APBus {
    /// What a CCA card says: serial number and master keys, in two requests of which the second is sent when the first is answered.
    ///
    /// - Parameter isOnline: the switch of the card or queue: an answer that is remembered is enough while it is off.
    ///
    /// Kernel: drivers/s390/crypto/zcrypt_ccamisc.c, cca_get_info, fetch_cca_info.
    func ccaInfo(_ requester: Requester, _ isOnline: Bool, _ held: borrowing Held<Unlocked>) -> CCAInfo {
        let remembers = kernel.release.has(.remembersAnswers)
        let (adapter, domain) = (requester.card.adapter, requester.queue?.apqn.domain)
        if remembers, !isOnline, let info = answers.withLock({ $0.cca[adapter]?[domain] }) { return info }
        let first = request(.coprocessor, by: requester, after: held) { facilities(of: $0) }
        guard let info = first.answer else { return CCAInfo() }
        let second = request(.coprocessor, by: requester, after: held) { facilities(of: $0) }
        guard second.answer != nil else { return CCAInfo() }
        if remembers { answers.withLock { $0.cca[adapter, default: [:]][domain] = info } }
        return info
    }

    private func facilities(of apqn: APQN) -> CCAInfo? {
        var info = CCAInfo()
        if case .ccaSerialNumber(let number)? = hardware.ask(apqn, .ccaSerialNumber) { info.serialNumber = number }
        if case .ccaMasterKeys(let keys)? = hardware.ask(apqn, .ccaMasterKeys) { info.masterKeys = keys }
        return info.serialNumber == nil && info.masterKeys == nil ? nil : info
    }

    /// What an EP11 card says of itself; nil where it says nothing. `isOnline` as with `ccaInfo`.
    ///
    /// Kernel: drivers/s390/crypto/zcrypt_ep11misc.c, ep11_get_card_info.
    func ep11Info(_ requester: Requester, _ isOnline: Bool, _ held: borrowing Held<Unlocked>) -> EP11CardInfo? {
        let remembers = kernel.release.has(.remembersAnswers)
        let adapter = requester.card.adapter
        if remembers, !isOnline, let info = answers.withLock({ $0.ep11[adapter] }) { return info }
        let result = request(.ep11, by: requester, after: held) { apqn in
            if case .ep11CardInfo(let info)? = hardware.ask(apqn, .ep11CardInfo) { info } else { nil }
        }
        guard remembers else { return result.answer }
        switch result {
        case .answered(let info): answers.withLock { $0.ep11[adapter] = info }
        case .noQueue: answers.withLock { $0.ep11[adapter] = nil }
        case .unanswered: break
        }
        return result.answer
    }

    /// What an EP11 card says of a domain; nil where it says nothing.
    ///
    /// Kernel: drivers/s390/crypto/zcrypt_ep11misc.c, ep11_get_domain_info.
    func ep11DomainInfo(_ requester: Requester, _ held: borrowing Held<Unlocked>) -> EP11DomainInfo? {
        request(.ep11, by: requester, after: held) { apqn in
            if case .ep11DomainInfo(let info)? = hardware.ask(apqn, .ep11DomainInfo) { info } else { nil }
        }.answer
    }
}
