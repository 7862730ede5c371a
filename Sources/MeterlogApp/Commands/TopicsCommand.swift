import ArgumentParser
import KafkaIO
import TopicCatalog

/// `meterlog topics`: the declared topics and the cluster's.
struct TopicsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics",
        abstract: "Create, check and list the topics declared in topics/*.yaml.",
        subcommands: [Apply.self, Check.self, List.self]
    )

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create missing topics and correct settings. Never deletes anything."
        )

        @OptionGroup var common: CommonOptions
        @Flag(help: "Also add partitions, which sends keys to other partitions: only while everything is stopped.")
        var growPartitions = false
        @Option(help: "Copies of each partition of new topics; -1 is the broker's default.")
        var replicationFactor = -1

        func run() async throws {
            let controller = try TopicsCommand.controller(common, replicationFactor: Int32(replicationFactor))
            let taken = try controller.apply(growingPartitions: growPartitions)
            for step in taken { Terminal.print("\(step)") }
            let rest = try controller.check()
            for step in rest.steps { Terminal.complain("left: \(step)") }
            if taken.isEmpty, rest.isEmpty { Terminal.print("nothing to do: the topics are as declared") }
            if !rest.isEmpty { throw ExitCode(2) }
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Report how the cluster differs from the declarations; exit code 2 when it does."
        )

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let plan = try TopicsCommand.controller(common, replicationFactor: -1).check()
            for step in plan.steps { Terminal.print("\(step)") }
            for name in plan.undeclared { Terminal.print("not declared: \(name)") }
            guard plan.isEmpty else { throw ExitCode(2) }
            Terminal.print("no drift")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List declared and existing topics.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            var table = TextTable(header: [
                "topic", "partitions", "declared", "cleanup", "schema", "owner", "consumers",
            ])
            for listing in try TopicsCommand.controller(common, replicationFactor: -1).list() {
                let declaration = listing.declaration
                table.add([
                    listing.name,
                    listing.topic.map { String($0.partitionCount) } ?? "missing",
                    declaration.map { String($0.partitionCount) } ?? "-",
                    declaration?.cleanup.rawValue ?? "-",
                    declaration?.schema.description ?? "-",
                    declaration?.owner ?? "-",
                    declaration?.consumers.joined(separator: ",") ?? "-",
                ])
            }
            for line in table.lines { Terminal.print(line) }
        }
    }

    private static func controller(_ common: CommonOptions, replicationFactor: Int32) throws -> TopicController {
        let settings = try common.settings()
        let cluster = try ClusterAccess(settings: settings, logger: settings.logger("meterlog.topics"))
        return TopicController(
            admin: try cluster.admin(),
            catalog: cluster.catalog,
            replicationFactor: replicationFactor
        )
    }
}
