// What is known of each difference, for docs/FIDELITY.md.
extension KernelDifference {
    /// What a user sees with the releases that have it. A sentence without its full stop, in Markdown.
    public var meaning: String { facts.meaning }

    /// What a user sees with the others, in the same form.
    public var otherwise: String { facts.otherwise }

    /// The recordings that show it, as `RELEASE/NAME`: they do not pass without the difference. None where no kernel was asked:
    /// then it is known from documentation.
    public var recordings: [String] { facts.recordings }

    private struct Facts {
        let meaning: String
        let otherwise: String
        let recordings: [String]

        init(_ meaning: String, otherwise: String, shownBy recordings: String...) {
            self.meaning = meaning
            self.otherwise = otherwise
            self.recordings = recordings
        }
    }

    private var facts: Facts {
        switch self {
        case .booleansKnowEnable:
            Facts(
                "Where yes or no is read, `e…` means yes and `d…` no, as in `enable`",
                otherwise: "EINVAL",
                shownBy: "7.2/bus-attributes")
        case .scannedNumbersMustFit:
            Facts(
                "A number over 2⁶⁴ in `config_time`, `ap_domain`, `online` or `config` is EINVAL",
                otherwise: "It counts modulo 2⁶⁴",
                shownBy: "6.1/branches-numbers", "7.2/branches-numbers")
        case .maskNumbersSaturate:
            Facts(
                "A number over 2⁶⁴ in a relative mask is too large: EINVAL",
                otherwise: "It counts modulo 2⁶⁴, so that it can be a bit")
        case .goneFilesCannotBeSought:
            Facts(
                "`lseek` on an open file that is gone: ENODEV",
                otherwise: "As before it went",
                shownBy: "7.2/files-held-removed")
        case .goneFilesHaveNoLinks:
            Facts(
                "What is open and gone has no links",
                otherwise: "As before it went",
                shownBy: "7.2/files-held-removed")
        case .filesMayBeHuge:
            Facts(
                "`truncate` succeeds, to no effect, with every length",
                otherwise: "Lengths from 2 GiB on are EFBIG",
                shownBy: "6.1/files-calls", "7.2/files-calls")
        case .showsUeventsUnderTheDeviceLock:
            Facts(
                "Reading `uevent` of a device waits while a driver takes it or lets go of it",
                otherwise: "It waits for nobody",
                shownBy: "6.1/branches-uevent-lock", "7.2/branches-uevent-lock")
        case .marksWarnings:
            Facts(
                "In the log `------------[ cut here ]------------` stands in front of a warning that has a call trace",
                otherwise: "No such line",
                shownBy: "6.12/branches-vfio-reset", "7.2/branches-vfio-reset")
        case .joinsRunningScan:
            Facts(
                "A write to `scans` while a scan runs waits for the end of that",
                otherwise: "It scans once more then")
        case .tellsBindingsOnce:
            Facts(
                "The uevent BINDINGS=complete comes once, when the last queue has got its driver, at the end of a "
                    + "scan or when a driver is registered",
                otherwise: "At every bind while all queues have drivers",
                shownBy: "6.1/drivers")
        case .keepsQueuesWithAsyncErrors:
            Facts(
                "A queue that answers TAPQ with an asynchronous error stays",
                otherwise: "The scan removes it")
        case .scanStartsQueues:
            Facts(
                "The scan that finds a queue resets it and turns its interrupts on",
                otherwise: "That is left to its driver",
                shownBy: "6.1/cmdline-no-zcrypt", "7.2/cmdline-no-zcrypt")
        case .scanRestartsQueues:
            Facts(
                "A queue whose checkstop or standby has ended is reset by the scan that sees it",
                otherwise: "It waits to be reset until another queue is reset or asked something",
                shownBy: "6.1/branches-chkstop-scan", "7.2/branches-chkstop-scan")
        case .cardFunctionsAreTheUpperHalf:
            Facts(
                "`ap_functions` of a card ends with four zeros, and a change of the lower half makes no other card of it",
                otherwise: "All 32 bits count")
        case .showsOldCards:
            Facts(
                "Cards older than CEX4 have directories, but no driver",
                otherwise: "They are not on the bus",
                shownBy: "6.1/branches-old-cards", "7.2/branches-old-cards")
        case .needsFacilities:
            Facts(
                "On a machine whose QCI names no facility, masks of the machine are `not supported` and `features` is `-`",
                otherwise: "The masks are shown",
                shownBy: "6.1/machine-noflags", "7.2/machine-noflags")
        case .pollsQueuesSlowly:
            Facts(
                "A queue that resets is looked at every 40 ms",
                otherwise: "Every `poll_timeout`, 250 µs at first")
        case .asksWhetherInterruptsAreOn:
            Facts(
                "`interrupt` is what the hardware says now",
                otherwise: "What was seen last, also of a queue that has been reset since",
                shownBy: "6.1/card-queue-attributes")
        case .depthCountsFromOne:
            Facts(
                "`depth` of a card is how many requests fit in, 8",
                otherwise: "The hardware's number, 7",
                shownBy: "6.1/boot-values")
        case .pollThreadIsABoolean:
            Facts(
                "`poll_thread` takes yes or no in every spelling",
                otherwise: "A decimal number, with anything behind it",
                shownBy: "6.1/bus-attributes")
        case .pollTimeoutIsOneNumber:
            Facts(
                "`poll_timeout` takes one number, also 0, octal and hexadecimal",
                otherwise: "A decimal one from 1 on, with anything behind it",
                shownBy: "6.1/bus-attributes")
        case .checksMasksAgainstAll:
            Facts(
                "To set a bit of `apmask` or `aqmask` is EBUSY where a mediated device has a queue of it, whatever the "
                    + "other mask says",
                otherwise: "Where a mediated device has a queue that both masks would then reserve",
                shownBy: "7.2/masks-in-use", "6.12/masks-in-use")
        case .driverlessQueuesAreTheHosts:
            Facts(
                "A change of a mask gives a queue without a driver to vfio_ap if that may have it, and leaves it "
                    + "alone otherwise",
                otherwise: "It gives it to the host's drivers if they may, and leaves it alone otherwise",
                shownBy: "7.2/drivers", "6.12/drivers")
        case .tellsSecureBinding:
            Facts(
                "In a secure guest `se_bind` and the end of an association send uevents, SE_BIND=1 and SE_ASSOC=n",
                otherwise: "None")
        case .everybodyReadsParameters:
            Facts(
                "`/sys/module/ap/parameters` have mode 0444",
                otherwise: "0440",
                shownBy: "7.2/boot-tree")
        case .poolsMessages:
            Facts(
                "The module parameters `ap.msgpool_min_items` and `zcrypt.mempool_threshold` are known",
                otherwise: "They are nothing to Linux",
                shownBy: "7.2/cmdline-poll")
        case .checkstopIsOffline:
            Facts(
                "`online` of a checkstopped card or queue is 0, and a 1 is ENODEV",
                otherwise: "A checkstop changes neither",
                shownBy: "7.2/walk-12", "6.1/walk-109")
        case .failedRequestsScan:
            Facts(
                "Reading `serialnr`, `mkvps` and the like scans the bus where no queue can be asked",
                otherwise: "It does not",
                shownBy: "6.1/branches-rescan", "7.2/branches-rescan")
        case .remembersAnswers:
            Facts(
                "`serialnr`, `mkvps` of a CCA queue and the files of an EP11 card show what was answered last while card or queue "
                    + "is offline",
                otherwise: "They show nothing then")
        case .randomNumbersAreAskedForAgain:
            Facts(
                "Where the first CCA queue cannot be used at boot, the request counter of the next one that can is 1",
                otherwise: "It stays 0",
                shownBy: "6.12/machine-queue-checkstop", "7.2/machine-queue-checkstop")
        case .asksOneQueueForRandomNumbers:
            Facts(
                "At boot the request counter of one CCA queue is 1",
                otherwise: "That of two",
                shownBy: "6.1/boot-values")
        case .knowsLaterOperationModes:
            Facts(
                "`op_modes` names SIGG-IMPORT, SIGG, FIPS2021 and FIPS2024, too",
                otherwise: "It leaves them out")
        case .z90cryptHasALargeMinor:
            Facts(
                "`misc/z90crypt` has minor number 256",
                otherwise: "127")
        case .nodeNamesAreFormats:
            Facts(
                "In a name that is written to /sys/class/zcrypt/create `%%` becomes `%`, and `%d` or `%s` what lies around in memory",
                otherwise: "`%` is a letter like any other",
                shownBy: "6.1/zcrypt-names")
        case .seedsRandomNumbers:
            Facts(
                "`/sys/module/zcrypt/parameters/hwrng_seed`",
                otherwise: "No such file",
                shownBy: "6.1/branches-module-dir", "7.2/branches-module-dir")
        case .vfioDevicesHaveNodes:
            Facts(
                "`vfio-dev/vfioN` of a mediated device has `dev`, and a link in /sys/dev/char",
                otherwise: "Neither",
                shownBy: "7.2/mdev-lifecycle")
        case .devicesHoldVFIO:
            Facts(
                "The `refcnt` of vfio is one more while there are mediated devices",
                otherwise: "They do not count",
                shownBy: "7.2/branches-module-dir", "6.1/branches-module-dir")
        case .guestsHoldKVMFourTimes:
            Facts(
                "The `refcnt` of kvm is four more for each guest with a device",
                otherwise: "Two more",
                shownBy: "7.2/branches-module-dir", "6.1/branches-module-dir")
        case .vfioDeviceGoesBeforeTheWait:
            Facts(
                "While the removal of a mediated device waits for its user, `vfio-dev/vfioN` is gone already",
                otherwise: "It stays until the user has let go",
                shownBy: "7.2/blocking", "6.1/blocking")
        case .resetsQueuesTogether:
            Facts(
                "The queues that a guest loses are reset at once, however long it takes; an error is EIO",
                otherwise: "One after the other, each given up after two looks 20 ms apart; an error is EBUSY or EIO",
                shownBy: "6.1/resets", "7.2/resets")
        case .resetsFilteredQueues:
            Facts(
                "Queues that an assignment takes from a guest, because another one is not there, are reset",
                otherwise: "They are not",
                shownBy: "7.2/guest-hotplug")
        case .unbindResetsAdapter:
            Facts(
                "Unbinding a queue that a guest has resets all queues of the adapter, which the guest loses with it",
                otherwise: "That queue alone",
                shownBy: "7.2/guest-hotplug")
        case .goneQueuesAreNotReset:
            Facts(
                "A queue that the machine has lost is not reset when it is unbound",
                otherwise: "It is, in vain",
                shownBy: "6.1/host-config-guest")
        case .passesDeconfiguredQueues:
            Facts(
                "A guest gets a queue whose last reset found it deconfigured or checkstopped",
                otherwise: "Its adapter is withheld",
                shownBy: "7.2/resets", "6.1/resets")
        case .goneQueueEndsResetSilently:
            Facts(
                "When a queue vanishes before or while it resets, nothing is said",
                otherwise: "6.12: the log has a warning",
                shownBy: "7.2/branches-vfio-reset", "6.12/branches-vfio-reset")
        case .lostControlDomainsStay:
            Facts(
                "A guest goes on controlling a domain that the host has lost, and so does one that is started later "
                    + "(6.12.110 and later: as otherwise)",
                otherwise: "It loses it, too",
                shownBy: "7.2/host-config-guest")
        case .lastOfAKindStays:
            Facts(
                "When the host loses the last adapter of a guest, or its last domain, the guest keeps it, though `guest_matrix` does not "
                    + "have it any more (6.12.110 and later: as otherwise)",
                otherwise: "It loses it, too",
                shownBy: "7.2/host-config-guest")
        case .largeMatricesOverrunAPage:
            Facts(
                "Reading `matrix` or `guest_matrix` with 512 queues or more puts two lines into the log: `returned bad count`",
                otherwise: "Nothing is said")
        case .statusComesBeforeItsQueue:
            Facts(
                "While a queue that is being bound waits for a reset, its `status` can be opened; what is read waits, too, and is that of "
                    + "queue 00.0000 (6.12.110 and later: as otherwise)",
                otherwise: "It has no `status` yet",
                shownBy: "6.12/branches-bind-race", "7.2/branches-bind-race")
        case .statusLeavesGuestsLock:
            Facts(
                "Reading `status` waits for `matrix_dev->lock` only (6.12.112 and later: as otherwise)",
                otherwise: "For `guests_lock`, too")
        case .asksUserToLetGo:
            Facts(
                "The user of a mediated device that is to be removed is asked to let go, at once and every 10 seconds",
                otherwise: "The removal only waits",
                shownBy: "7.2/guest-remove", "6.1/blocking")
        case .askingTakesQueues:
            Facts(
                "Who is asked to let go of a mediated device has lost its queues at once",
                otherwise: "It loses them with the device",
                shownBy: "7.2/guest-remove")
        case .tellsGuestOfChanges:
            Facts(
                "The user of a device is told by an eventfd when the guest's masks change",
                otherwise: "Not told",
                shownBy: "7.2/guest-hotplug")
        }
    }
}
