import PilotTransport
import PilotUDP
import PilotWire
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ConcurrencyTests {
  @Test func `frames of concurrent senders never mix`() async throws {
    let sender = try UDPTransport.ipv4()
    let receiver = try UDPTransport.ipv4 { $0.receiveBufferBytes = 64 << 20 }
    let box = try HeldReceiver(receiver)
    let (tasks, each) = (8, 200)
    async let received = box.next(tasks * each)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<tasks {
        group.addTask {
          let bytes = [UInt8](repeating: UInt8(task), count: 100 + task * 50)
          var batch = FrameBatch(byteCapacity: 65_536, frameCapacity: 64)
          for _ in 0..<each / 20 {
            for _ in 0..<10 { try sender.send(bytes, to: receiver.localEndpoint) }
            for _ in 0..<10 { batch.add(bytes, to: receiver.localEndpoint) }
            try sender.send(batch, expecting: 10)
            batch.removeAll()
            await Task.yield()
          }
        }
      }
      try await group.waitForAll()
    }
    var perTask = [Int](repeating: 0, count: tasks)
    for kept in try await received {
      let task = Int(try #require(kept.bytes.first))
      #expect(kept.bytes == [UInt8](repeating: UInt8(task), count: 100 + task * 50))
      perTask[task] += 1
    }
    #expect(perTask == [Int](repeating: each, count: tasks))
    #expect(sender.counters.framesSent == UInt64(tasks * each))
  }

  @Test func `single frames and batches of concurrent tasks all arrive, once`() async throws {
    let sender = try UDPTransport.ipv4()
    let receiver = try UDPTransport.ipv4 { $0.receiveBufferBytes = 64 << 20 }
    let box = try HeldReceiver(receiver)
    let (tasks, rounds) = (4, 400)
    async let received = box.next(tasks * rounds * 4)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<tasks {
        group.addTask {
          var batch = FrameBatch(byteCapacity: 1_024, frameCapacity: 8)
          for first in stride(from: 0, to: rounds * 4, by: 4) {
            let frames = (first..<first + 4).map { [UInt8(task), UInt8($0 >> 8), UInt8($0 & 0xFF)] }
            for frame in frames.prefix(2) { try sender.send(frame, to: receiver.localEndpoint) }
            for frame in frames.suffix(2) { batch.add(frame, to: receiver.localEndpoint) }
            try sender.send(batch, expecting: 2)
            batch.removeAll()
            // So that the receiver keeps up.
            if first % 64 == 0 { await Task.yield() }
          }
        }
      }
      try await group.waitForAll()
    }
    var numbers = [[Int]](repeating: [], count: tasks)
    for kept in try await received {
      numbers[Int(kept.bytes[0])].append(Int(kept.bytes[1]) << 8 | Int(kept.bytes[2]))
    }
    // Not in order: each processor hands loopback's datagrams on in its own time.
    #expect(numbers.map { $0.sorted() } == Array(repeating: Array(0..<rounds * 4), count: tasks))
  }

  @Test func `many events, one consumer`() async throws {
    let transport = try UDPTransport.bind()
    let dead = try deadEndpoint()
    for _ in 0..<1_000 { try transport.send([0], to: dead) }
    transport.close()
    var iterator = transport.events.makeAsyncIterator()
    var count = 0
    while await iterator.next() != nil { count += 1 }
    #expect(count <= TransportEvents.capacity)
  }
}
