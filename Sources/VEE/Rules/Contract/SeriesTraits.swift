package import MeterCore

/// What overrides of a rule set choose by.
package struct SeriesTraits: Hashable, Sendable {
    package var commodity: String
    package var customerClass: String
    package var group: String
    package var channel: String

    package init(commodity: String = "", customerClass: String = "", group: String = "", channel: String = "") {
        self.commodity = commodity
        self.customerClass = customerClass
        self.group = group
        self.channel = channel
    }

    /// The traits of a channel of a registered meter; of one that is not registered only the channel is known.
    package init(channel: String, meter: MeterRegistration?) {
        self.init(
            commodity: meter?.commodity ?? "",
            customerClass: meter?.customerClass ?? "",
            group: meter?.group ?? "",
            channel: channel
        )
    }
}
