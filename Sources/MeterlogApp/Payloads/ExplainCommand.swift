import ArgumentParser

/// `meterlog explain`: what became of something, from the read model.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what became of a payload.",
        subcommands: [ExplainPayloadCommand.self]
    )
}
