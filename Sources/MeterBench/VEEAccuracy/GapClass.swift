/// Lengths of gaps that are told apart.
package enum GapClass: String, Sendable, CaseIterable {
    case twoHours = "2h"
    case day = "1d"
    case week = "7d"

    /// Nil for gaps longer than a week.
    package init?(seconds: Int64) {
        switch seconds {
        case ...7200: self = .twoHours
        case ...86_400: self = .day
        case ...(7 * 86_400): self = .week
        default: return nil
        }
    }

    /// Cut from each building in a year.
    var gapsPerYear: Int {
        switch self {
        case .twoHours: 8
        case .day: 4
        case .week: 2
        }
    }
}
