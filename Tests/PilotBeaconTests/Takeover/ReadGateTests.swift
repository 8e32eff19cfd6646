import Dispatch
import Synchronization
import Testing

@testable import PilotBeacon

/// Loops that are halted between two reads, and go on.
@Suite(.timeLimit(.minutes(1))) struct ReadGateTests {
  /// Runs loops that pass the gate again and again, until the body is done and it is ended.
  private static func run(_ loops: Int, _ body: @escaping @Sendable (ReadGate, Counts) async throws -> Void)
    async throws
  {
    let (gate, counts) = (ReadGate(), Counts())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<loops {
        group.addTask {
          gate.enter {}
          while true {
            if !gate.isPassable, await !gate.halt() { return }
            counts.reads.add(1, ordering: .relaxed)
            await Task.yield()
          }
        }
      }
      try await body(gate, counts)
      gate.end()
      try await group.waitForAll()
    }
  }

  private final class Counts: Sendable {
    let reads = Atomic<Int>(0)
  }

  /// Blocks where nobody minds.
  private static func shut(_ gate: ReadGate, within milliseconds: Int = 30_000) async -> Bool {
    await withCheckedContinuation { continuation in
      Thread.detached { continuation.resume(returning: gate.shut(within: .milliseconds(milliseconds))) }
    }
  }

  @Test func nobodyReadsWhileItIsShut() async throws {
    try await Self.run(3) { gate, counts in
      while counts.reads.load(ordering: .relaxed) == 0 { await Task.yield() }
      #expect(await Self.shut(gate))
      let count = counts.reads.load(ordering: .relaxed)
      for _ in 0..<1_000 { await Task.yield() }
      #expect(counts.reads.load(ordering: .relaxed) == count)
      gate.open()
      while counts.reads.load(ordering: .relaxed) == count { await Task.yield() }
      #expect(await Self.shut(gate))
    }
  }

  @Test func aLoopThatDoesNotComeLeavesItOpen() async throws {
    let gate = ReadGate()
    gate.enter {}
    #expect(await !Self.shut(gate, within: 1))
    #expect(gate.isPassable)
    #expect(await gate.halt())
  }

  @Test func whoeverIsInAWaitIsInterrupted() async throws {
    let (gate, interruptions) = (ReadGate(), Counts())
    gate.enter { interruptions.reads.add(1, ordering: .relaxed) }
    #expect(await !Self.shut(gate, within: 1))
    #expect(interruptions.reads.load(ordering: .relaxed) == 1)
  }

  @Test func whoeverHasNotBegunIsNotWaitedFor() async {
    let gate = ReadGate()
    #expect(await Self.shut(gate, within: 1))
    gate.enter {}
    #expect(!gate.isPassable)
  }

  @Test func nobodyReadsAfterTheEnd() async {
    let gate = ReadGate()
    gate.end()
    #expect(await !gate.halt())
    gate.open()
    #expect(await !gate.halt())
  }
}

private enum Thread {
  /// On a thread that isn't the concurrency pool's.
  static func detached(_ body: @escaping @Sendable () -> Void) { DispatchQueue(label: "test").async(execute: body) }
}
