import MeterEvents

extension VEEProcessor {
    /// What a record brings, as a series sees it: series of daily values have their times on the wall clock.
    func local(_ context: FoldContext, _ index: Int) -> FoldContext {
        guard series[index].isDaily else { return context }
        var own = context
        own.facts = context.facts.onWallClock(context.wall)
        own.timeline = context.timeline.onWallClock(context.wall)
        return own
    }
}
