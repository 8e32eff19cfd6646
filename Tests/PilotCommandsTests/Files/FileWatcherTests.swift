import Testing

@testable import PilotCommands

@Suite struct FileWatcherTests {
  /// Inherited by tasks, and by nothing else.
  @TaskLocal private static var isInTask = false

  @Test(.timeLimit(.minutes(1)))
  func `files are looked at away from the threads that tasks share`() async {
    let (looks, seen) = AsyncStream.makeStream(of: Bool.self)
    let watcher = FileWatcher { seen.yield(!Self.isInTask) }
    let running = Self.$isInTask.withValue(true) { Task { await watcher.run() } }
    watcher.lookNow()
    for await isAway in looks {
      #expect(isAway)
      break
    }
    running.cancel()
    await running.value
  }
}
