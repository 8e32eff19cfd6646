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
    let box = try ReceiverBox(transport)
    let peerBox = try ReceiverBox(peer)
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
    let box = try ReceiverBox(transport)
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
