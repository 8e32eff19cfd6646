import PilotTransport
import PilotUDP
import PilotWire
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ExecutorTests {
  @Test func `a receive loop on the executor stays on one thread`() async throws {
    let transport = try UDPTransport.ipv4()
    let peer = try UDPTransport.ipv4()
    let box = try HeldReceiver(transport)
    let peerBox = try HeldReceiver(peer)
    let loop = Task(executorPreference: transport.executor) {
      var threads: Set<UInt> = []
      while true {
        let frame = try await box.next()
        threads.insert(Sockets.currentThread)
        if frame.bytes.isEmpty { return threads }
        try transport.send(frame.bytes, to: frame.source)
      }
    }
    for index in 0..<200 {
      try peer.send([UInt8(index)], to: transport.localEndpoint)
      #expect(try await peerBox.next().bytes == [UInt8(index)])
    }
    try peer.send([], to: transport.localEndpoint)
    #expect(try await loop.value.count == 1)
  }

  @Test func `tasks on the executor run one at a time, also without a receiver`() async throws {
    let transport = try UDPTransport.ipv4()
    let inside = Occupancy()
    await withTaskGroup(of: UInt.self) { group in
      for _ in 0..<100 {
        group.addTask(executorPreference: transport.executor) {
          var thread: UInt = 0
          for _ in 0..<10 {
            #expect(inside.count.add(1, ordering: .relaxed).newValue == 1)
            thread = Sockets.currentThread
            inside.count.subtract(1, ordering: .relaxed)
            await Task.yield()
          }
          return thread
        }
      }
      var threads: Set<UInt> = []
      for await thread in group { threads.insert(thread) }
      #expect(threads.count == 1)
    }
  }

  @Test func `a task that was queued behind the receive loop runs while that waits`() async throws {
    let transport = try UDPTransport.ipv4()
    let box = try HeldReceiver(transport)
    let gate = Occupancy()
    let blocker = Task(executorPreference: transport.executor) {
      gate.count.store(1, ordering: .releasing)
      while gate.count.load(ordering: .acquiring) == 1 { Sockets.yieldThread() }
    }
    while gate.count.load(ordering: .acquiring) == 0 { await Task.yield() }
    // Both are queued when they are made, behind the one that keeps the thread.
    let loop = Task(executorPreference: transport.executor) { try await box.next() }
    let other = Task(executorPreference: transport.executor) { 1 }
    gate.count.store(2, ordering: .releasing)
    #expect(await other.value == 1)
    await blocker.value
    try transport.send([7], to: transport.localEndpoint)
    #expect(try await loop.value.bytes == [7])
  }

  @Test(arguments: [true, false])
  func `a receive loop that waits on the executor ends when it is cancelled, or the transport closed`(
    closes: Bool
  ) async throws {
    for _ in 0..<20 {
      let transport = try UDPTransport.ipv4()
      let box = try HeldReceiver(transport)
      let loop = Task(executorPreference: transport.executor) { await code { _ = try await box.next() } }
      // So that it waits: what it is given to do first has been done.
      #expect(await Task(executorPreference: transport.executor) { 1 }.value == 1)
      if closes { transport.close() } else { loop.cancel() }
      #expect(await loop.value == (closes ? .closed : .cancelled))
    }
  }

  @Test(arguments: [true, false])
  func `tasks on the executor run on after close`(usedBefore: Bool) async throws {
    let transport = try UDPTransport.ipv4()
    let executor = transport.executor
    if usedBefore { #expect(await Task(executorPreference: executor) { 1 }.value == 1) }
    let across = Task(executorPreference: executor) {
      transport.close()
      for _ in 0..<100 { await Task.yield() }
      return 2
    }
    #expect(await across.value == 2)
    await withTaskGroup(of: Int.self) { group in
      for index in 0..<100 {
        group.addTask(executorPreference: executor) {
          await Task.yield()
          return index
        }
      }
      #expect(await group.reduce(0, +) == 4_950)
    }
  }

  @Test func `tasks that meet a close all end`() async throws {
    for _ in 0..<200 {
      let transport = try UDPTransport.ipv4()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask(executorPreference: transport.executor) { await Task.yield() }
        }
        group.addTask { transport.close() }
      }
    }
  }

  @Test func `other tasks of the executor get their turn under load`() async throws {
    let transport = try UDPTransport.ipv4()
    let box = try HeldReceiver(transport)
    let loop = Task(executorPreference: transport.executor) {
      // Each frame is answered by one to itself: there always is another one.
      await code {
        while true {
          _ = try await box.next()
          try transport.send([1], to: transport.localEndpoint)
        }
      }
    }
    try transport.send([1], to: transport.localEndpoint)
    for _ in 0..<10 {
      let turn = Task(executorPreference: transport.executor) { true }
      #expect(await turn.value)
    }
    transport.close()
    #expect(await loop.value == .closed)
  }
}

/// How many tasks are in a place that is for one.
private final class Occupancy: Sendable {
  let count = Atomic<Int>(0)
}
