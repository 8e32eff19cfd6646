import FoundationEssentials
import PilotTesting
import PilotWire
import Synchronization
import Testing

@testable import PilotTransport

/// Captures with files, and transports whose frames are captured.
@Suite(.timeLimit(.minutes(1))) struct FrameCaptureTests {
  private let folder: TestFolder
  private let network = InMemoryNetwork()

  init() throws {
    folder = try TestFolder()
  }

  @Test func `what is sent and received is in the file, and reaches the other side as before`() async throws {
    let path = folder.path("frames.pcapng")
    let capture = try FrameCapture.start(writingTo: path)
    let peer = try network.makeTransport()
    let transport = capture.capturing(try network.makeTransport(), on: .udp)
    try transport.send([1, 2, 3], to: peer.localEndpoint)
    let parts: ([UInt8], [UInt8]) = ([5, 6], [7])
    try transport.send(header: parts.0.span.raw, payload: parts.1.span.raw, to: peer.localEndpoint)
    var batch = FrameBatch()
    for number in 0..<3 as Range<UInt8> {
      let fits = batch.append([9, number], to: peer.localEndpoint)
      #expect(fits)
    }
    #expect(try transport.send(contentsOf: batch) == 3)
    try peer.send([8], to: transport.localEndpoint)

    var receiver = try transport.makeReceiver()
    #expect(try await receiver.next().copiedBytes == [8])
    var other = try peer.makeReceiver()
    var seen: [[UInt8]] = []
    while seen.count < 5 { seen.append(try await other.next().copiedBytes) }
    #expect(seen == [[1, 2, 3], [5, 6, 7], [9, 0], [9, 1], [9, 2]])

    let counters = await capture.stop()
    let file = try PcapngFile(TestFolder.bytes(path))
    #expect(file.packets.filter { !$0.isInbound }.map(\.frame) == seen)
    #expect(file.packets.filter(\.isInbound).map(\.frame) == [[8]])
    let (own, others) = (UInt64(transport.localEndpoint.port), UInt64(peer.localEndpoint.port))
    #expect(file.packets.allSatisfy { $0.sourcePort == ($0.isInbound ? others : own) })
    #expect(counters.frames == 6 && counters.leftOut == 0)
    #expect(counters.bytes == UInt64(try TestFolder.bytes(path).count))
    #expect(zip(file.packets, file.packets.dropFirst()).allSatisfy { $0.nanoseconds <= $1.nanoseconds })
    #expect(file.application.hasPrefix("pilot "))
    transport.close()
    peer.close()
  }

  @Test func `what the transport refuses is not in the file`() async throws {
    let path = folder.path("refused.pcapng")
    let capture = try FrameCapture.start(writingTo: path)
    var configuration = InMemoryTransport.Configuration()
    configuration.maximumFrameLength = 100
    let peer = try network.makeTransport()
    let transport = capture.capturing(try network.makeTransport(configuration: configuration), on: .udp)
    #expect(throws: TransportError.self) {
      try transport.send([UInt8](repeating: 0, count: 101), to: peer.localEndpoint)
    }
    var batch = FrameBatch()
    for length in [1, 2, 101, 3] {
      let fits = batch.append([UInt8](repeating: 0, count: length), to: peer.localEndpoint)
      #expect(fits)
    }
    #expect(try transport.send(contentsOf: batch) == 2)
    transport.close()
    #expect(throws: TransportError.self) { try transport.send([1], to: peer.localEndpoint) }
    await capture.stop()
    #expect(try PcapngFile(TestFolder.bytes(path)).packets.map(\.frame.count) == [1, 2])
  }

  @Test func `a merged receiver's frames are told apart by their path`() async throws {
    let path = folder.path("merged.pcapng")
    let capture = try FrameCapture.start(writingTo: path)
    let peer = try network.makeTransport()
    let first = capture.capturing(try network.makeTransport(), on: .udp)
    let second = capture.capturing(try network.makeTransport(), on: .wss)
    var receiver = Receiver.merging(try first.makeReceiver(), try second.makeReceiver())
    try peer.send([1], to: first.localEndpoint)
    try peer.send([2], to: second.localEndpoint)
    for _ in 0..<2 { _ = try await receiver.next().copiedBytes }
    await capture.stop()
    let file = try PcapngFile(TestFolder.bytes(path))
    let names = file.packets.map { file.interfaces[$0.interface].name + "\($0.frame)" }
    #expect(Set(names) == ["udp[1]", "wss[2]"])
    #expect(file.packets.map(\.portKind).sorted() == [2, 3])
  }

  @Test(arguments: [0o600, 0o644])
  func `the file is for nobody else to read, also if it was there`(mode: Int) async throws {
    let path = folder.path("mode.pcapng")
    #expect(
      FileManager.default.createFile(
        atPath: path, contents: Data(repeating: 1, count: 100_000), attributes: [.posixPermissions: mode]))
    let capture = try FrameCapture.start(writingTo: path)
    #expect(try TestFolder.mode(path) == 0o600)
    await capture.stop()
    #expect(try PcapngFile(TestFolder.bytes(path)).packets.isEmpty)
    let fresh = folder.path("fresh.pcapng")
    await (try FrameCapture.start(writingTo: fresh)).stop()
    #expect(try TestFolder.mode(fresh) == 0o600)
  }

  @Test func `a link is not followed, and what can't be opened is told with the reason`() throws {
    let (target, link) = (folder.path("target"), folder.path("link"))
    #expect(FileManager.default.createFile(atPath: target, contents: Data([1, 2, 3])))
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
    for path in [link, folder.path, folder.path("no/where"), "a\0b", ""] {
      let error = #expect(throws: TransportError.self) { _ = try FrameCapture.start(writingTo: path) }
      #expect(error?.code == .system)
      #expect(error?.message.contains("can't be written: ") == true)
    }
    #expect(try TestFolder.bytes(target) == [1, 2, 3])
  }

  @Test func `the limit ends the capture once, and not the transport`() async throws {
    let path = folder.path("limit.pcapng")
    var configuration = FrameCapture.Configuration()
    configuration.limit = 4_096
    let ends = Mutex<[CaptureEnd]>([])
    configuration.onEnd = { end in ends.withLock { $0.append(end) } }
    let capture = try FrameCapture.start(writingTo: path, configuration)
    let peer = try network.makeTransport()
    let transport = capture.capturing(try network.makeTransport(), on: .udp)
    for _ in 0..<50 { try transport.send([UInt8](repeating: 1, count: 200), to: peer.localEndpoint) }
    let counters = await capture.stop()
    #expect(ends.withLock { $0 } == [.limit(bytes: 4_096)])
    let bytes = try TestFolder.bytes(path)
    #expect(bytes.count <= 4_096)
    #expect(UInt64(try PcapngFile(bytes).packets.count) == counters.frames)
    #expect(counters.frames > 0 && counters.frames + counters.overLimit == 50)
    #expect(transport.counters.framesSent == 50)
  }

  #if os(Linux)
    @Test func `a full disk ends the capture with its reason, and not the transport`() async throws {
      let ends = Mutex<[CaptureEnd]>([])
      var configuration = FrameCapture.Configuration()
      configuration.onEnd = { end in ends.withLock { $0.append(end) } }
      let capture = try FrameCapture.start(writingTo: "/dev/full", configuration)
      let peer = try network.makeTransport()
      let transport = capture.capturing(try network.makeTransport(), on: .udp)
      for _ in 0..<10 { try transport.send([1, 2, 3], to: peer.localEndpoint) }
      let counters = await capture.stop()
      #expect(ends.withLock { $0 } == [.failed(reason: "No space left on device")])
      try transport.send([4], to: peer.localEndpoint)
      #expect(capture.counters.failed == 11 && counters.frames == 0)
      #expect(transport.counters.framesSent == 11)
    }
  #endif
}
