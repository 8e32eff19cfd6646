import Foundation
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotUDP

#if os(Linux) && !CPILOT_UDP_PLAIN
  /// Sockets that go from one process to another. Both sides are this process here.
  @Suite(.timeLimit(.minutes(1))) struct HandoverTests {
    /// A directory of this user's, gone with the value. A socket's path is short.
    private final class Folder: Sendable {
      let path = "/tmp/handover-\(UUID().uuidString.prefix(8))"

      init(mode: Int = 0o700) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      }

      deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    /// Talks to a listener, on a thread that may block.
    private static func talk(
      _ path: String, _ answer: @escaping @Sendable (HandoverChannel) -> Void,
      _ ask: @escaping @Sendable (HandoverChannel) throws -> Void
    ) async throws {
      let listener = try HandoverListener(at: path, answer)
      defer { listener.close() }
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        DispatchQueue(label: "test").async {
          continuation.resume(with: Result { try ask(try HandoverChannel.connect(to: path)) })
        }
      }
    }

    @Test func messagesGoBothWaysWholeAndInOrder() async throws {
      let folder = try Folder()
      try await Self.talk(folder.path + "/s") { channel in
        while let (message, _) = try? channel.receive() { try? channel.send(message.reversed()) }
      } _: { channel in
        for message: [UInt8] in [[1], [2, 3], [UInt8](repeating: 4, count: HandoverChannel.longestMessage)] {
          try channel.send(message)
          #expect(try channel.receive()?.message == message.reversed())
        }
      }
    }

    @Test func aSocketThatCameAlongIsTheSameSocket() async throws {
      let folder = try Folder()
      var configuration = UDPTransport.Configuration()
      configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
      let first = try UDPTransport.bind(configuration)
      let wanted = first.localEndpoint
      let taken = Mutex<[InheritedDescriptor]>([])
      try await Self.talk(folder.path + "/s") { channel in
        _ = try? channel.receive()
        if let copy = first.duplicateDescriptor() { try? channel.send([1], descriptors: [copy]) }
      } _: { channel in
        try channel.send([0])
        let descriptors = try channel.receive()?.descriptors ?? []
        taken.withLock { $0 = descriptors }
      }
      let descriptors = taken.withLock { $0 }
      #expect(descriptors.map(\.kind) == [.datagrams(wanted)])
      // What waits in it outlives the first owner.
      let sender = try UDPTransport.bind(configuration)
      try sender.send([9].span.raw, to: wanted)
      first.close()
      let second = try #require(try UDPTransport.adoptGroup(descriptors, growingTo: 1, configuration).first)
      #expect(second.localEndpoint == wanted)
      var receiver = try second.makeReceiver()
      let frame = try await receiver.next()
      #expect(frame.bytes.byte(at: 0) == 9)
      second.close()
      sender.close()
    }

    @Test func theNumbersOfLocalAddressesGoAlong() throws {
      let table = LocalAddressTable(family: 4)
      table.adopt([Endpoint(ipv4: 127, 0, 0, 1, port: 0), Endpoint(ipv4: 127, 0, 0, 2, port: 0)])
      table.adopt([Endpoint(ipv4: 127, 0, 0, 3, port: 0)])
      let other = LocalAddressTable(family: 4)
      other.adopt(table.all)
      #expect(other.all == table.all)
      #expect(other.address(of: LocalAddress(index: 3)) == Endpoint(ipv4: 127, 0, 0, 3, port: 0))
      other.adopt([Endpoint](repeating: Endpoint(ipv4: 127, 0, 0, 4, port: 0), count: 300))
      #expect(other.all.count == LocalAddressTable.capacity)
    }

    @Test func aGroupGrowsBesideASocketThatShares() throws {
      var configuration = UDPTransport.Configuration()
      configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
      configuration.sharesPort = true
      let shared = try UDPTransport.bind(configuration)
      let group = try UDPTransport.adoptGroup([#require(shared.duplicateDescriptor())], growingTo: 3, configuration)
      #expect(group.map(\.localEndpoint) == [Endpoint](repeating: shared.localEndpoint, count: 3))
      configuration.sharesPort = false
      let alone = try UDPTransport.bind(configuration)
      #expect(
        try UDPTransport.adoptGroup([#require(alone.duplicateDescriptor())], growingTo: 3, configuration).count == 1)
      for transport in group + [shared, alone] { transport.close() }
    }

    @Test func aGroupThatMayNotGrowStaysAsItCame() throws {
      var configuration = UDPTransport.Configuration()
      configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
      configuration.sharesPort = true
      let shared = try UDPTransport.bind(configuration)
      configuration.bindTo = shared.localEndpoint
      let neighbour = try UDPTransport.bind(configuration)
      let descriptor = try #require(neighbour.duplicateDescriptor()?.take())
      defer { Sockets.closeDescriptor(descriptor) }
      #expect(Sockets.stopSharing(descriptor) == 0)
      #expect(code { () throws(TransportError) in _ = try UDPTransport.bind(configuration) } == .bindFailed)
      let inherited = try #require(shared.duplicateDescriptor())
      #expect(inherited.sharesPort)
      let group = try UDPTransport.adoptGroup([inherited], growingTo: 3, configuration)
      #expect(group.map(\.localEndpoint) == [shared.localEndpoint])
      for transport in group + [shared, neighbour] { transport.close() }
    }

    @Test func whereNobodyListensThereIsNobody() throws {
      let folder = try Folder()
      let path = folder.path + "/s"
      let missing = #expect(throws: HandoverFault.self) { try HandoverChannel.connect(to: path) }
      #expect(missing?.isNobody == true)
      // One that was left behind.
      let listener = try HandoverListener(at: path) { _ in }
      listener.close()
      while (try? HandoverChannel.connect(to: path)) != nil {}
      #expect(FileManager.default.fileExists(atPath: path))
      let stale = #expect(throws: HandoverFault.self) { try HandoverChannel.connect(to: path) }
      #expect(stale?.isNobody == true)
    }

    @Test func thePathLeadsToWhoHasListenedLastAndNobodyElseMayConnect() async throws {
      let folder = try Folder()
      let path = folder.path + "/s"
      let first = try HandoverListener(at: path) { try? $0.send([1]) }
      try await Self.talk(path) {
        try? $0.send([2])
      } _: { channel in
        let message = try channel.receive()?.message
        #expect(message == [2])
      }
      first.close()
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["s"])
    }

    @Test func withoutDescriptorsItRestsAndGoesOnAndSaysSoOnce() async throws {
      let folder = try Folder()
      let attempts = Mutex(0)
      let (troubles, telling) = AsyncStream.makeStream(of: HandoverListener.Trouble.self)
      let shortage = HandoverFault(-EMFILE)
      let start = ContinuousClock.now
      let listener = try HandoverListener(
        at: folder.path + "/s", limit: .seconds(5), pause: .milliseconds(20),
        accept: { descriptor, limit throws(HandoverFault) in
          let number = attempts.withLock { attempts in
            attempts += 1
            return attempts
          }
          guard number > 5 else { throw shortage }
          return try HandoverChannel.accept(on: descriptor, limit: limit)
        }, report: { telling.yield($0) }, { _ in telling.finish() })
      defer { listener.close() }
      let client = Mutex<HandoverChannel?>(nil)
      let path = folder.path + "/s"
      DispatchQueue(label: "test").async { client.withLock { $0 = try? HandoverChannel.connect(to: path) } }
      var told: [HandoverListener.Trouble] = []
      for await trouble in troubles { told.append(trouble) }
      #expect(told == [.began(shortage), .ended])
      #expect(attempts.withLock { $0 } == 6, "once after each rest")
      #expect(start.duration(to: .now) >= .milliseconds(100))
    }

    @Test func anotherUsersProcessIsToldAndNoReasonToRest() async throws {
      let folder = try Folder()
      let (troubles, telling) = AsyncStream.makeStream(of: HandoverListener.Trouble.self)
      let refusal = HandoverFault(-EPERM)
      let path = folder.path + "/s"
      let listener = try HandoverListener(
        at: path, limit: .seconds(5), pause: .seconds(3_600),
        accept: { descriptor, limit throws(HandoverFault) in
          _ = try HandoverChannel.accept(on: descriptor, limit: limit)
          throw refusal
        }, report: { telling.yield($0) }, { _ in })
      defer { listener.close() }
      var told = troubles.makeAsyncIterator()
      for _ in 0..<2 {
        DispatchQueue(label: "test").async { _ = try? HandoverChannel.connect(to: path) }
        #expect(await told.next() == .refused(refusal))
      }
    }

    @Test(arguments: [0o720, 0o702, 0o777]) func whereOthersMayWriteNobodyListens(_ mode: Int) throws {
      let folder = try Folder(mode: mode)
      let fault = #expect(throws: HandoverFault.self) { try HandoverListener(at: folder.path + "/s") { _ in } }
      #expect(fault?.isAboutTrust == true)
    }

    @Test func whoeverGoesOnForTooLongIsGivenUp() async throws {
      let folder = try Folder()
      try await Self.talk(folder.path + "/s") { channel in
        while (try? channel.send([1])) != nil {}
      } _: { channel in
        channel.setLimit(.milliseconds(20))
        let fault = #expect(throws: HandoverFault.self) {
          // Each message of it comes in time.
          for _ in 0..<10_000_000 where try channel.receive() == nil { return }
        }
        #expect(fault?.isTimeout == true)
      }
    }

    @Test func whoeverTakesTooLongIsGivenUp() async throws {
      let folder = try Folder()
      try await Self.talk(folder.path + "/s") { channel in
        _ = try? channel.receive()
        _ = try? channel.receive()
      } _: { channel in
        try channel.send([1])
        channel.setLimit(.milliseconds(1))
        let fault = #expect(throws: HandoverFault.self) { try channel.receive() }
        #expect(fault?.isTimeout == true)
      }
    }
  }
#endif
