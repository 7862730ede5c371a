/// Indices into `VEEProcessor.counterNames`.
enum VEECounter: Int, CaseIterable {
    case intervalsIn
    case validated
    case estimated
    case failed
    case missing
    case revisions
    case duplicatesIgnored
    case replacements
    case replacementsHeld
    case beyondHistory
    case refused
    case windowsClosed
    case windowsRevised
    case exceptionsOpened
    case exceptionsCleared
    case ruleSetsActivated
    case ruleSetsRefused
    case edits
    case forceEstimates
    case registerReadings
    case registersBeyondLimit
    case registersDerived
    case deviceEvents
    case payloadFindings
    case commands

    var name: String {
        switch self {
        case .intervalsIn: "intervals_in_total"
        case .validated: "intervals_validated_total"
        case .estimated: "intervals_estimated_total"
        case .failed: "intervals_failed_total"
        case .missing: "intervals_missing_total"
        case .revisions: "intervals_revised_total"
        case .duplicatesIgnored: "intervals_duplicates_ignored_total"
        case .replacements: "intervals_replaced_total"
        case .replacementsHeld: "intervals_replacements_held_total"
        case .beyondHistory: "intervals_beyond_history_total"
        case .refused: "intervals_refused_total"
        case .windowsClosed: "windows_closed_total"
        case .windowsRevised: "windows_revised_total"
        case .exceptionsOpened: "exceptions_opened_total"
        case .exceptionsCleared: "exceptions_cleared_total"
        case .ruleSetsActivated: "rule_sets_activated_total"
        case .ruleSetsRefused: "rule_sets_refused_total"
        case .edits: "edits_total"
        case .forceEstimates: "force_estimates_total"
        case .registerReadings: "register_readings_total"
        case .registersBeyondLimit: "register_readings_beyond_limit_total"
        case .registersDerived: "registers_derived_total"
        case .deviceEvents: "device_events_total"
        case .payloadFindings: "payload_findings_total"
        case .commands: "commands_total"
        }
    }
}
