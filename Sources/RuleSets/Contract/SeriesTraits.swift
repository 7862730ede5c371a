package import MeterCore

/// What overrides of a rule set choose by.
package struct SeriesTraits: Hashable, Sendable {
    package var commodity: String
    package var customerClass: String
    package var group: String
    package var channel: String
    package var meter: String

    package init(
        commodity: String = "",
        customerClass: String = "",
        group: String = "",
        channel: String = "",
        meter: String = ""
    ) {
        self.commodity = commodity
        self.customerClass = customerClass
        self.group = group
        self.channel = channel
        self.meter = meter
    }

    /// The traits of a channel of a registered meter; of one that is not registered only the names are known.
    package init(meter name: String, channel: String, _ meter: MeterRegistration?) {
        self.init(
            commodity: meter?.commodity ?? "",
            customerClass: meter?.customerClass ?? "",
            group: meter?.group ?? "",
            channel: channel,
            meter: name
        )
    }
}
