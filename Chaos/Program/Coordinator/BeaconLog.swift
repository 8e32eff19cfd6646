import FoundationEssentials
import NIOCore
import NIOPosix
import PilotConsole
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A beacon's standard error: a pipe that holds little, and whose reader can stop reading.
///
/// Errors, and what is no log line at all, such as a crash's last words, go on to this program's own.
final class BeaconLog: Sendable {
  /// What the pipe is to hold, in bytes: a page, the least that the kernel makes it.
  private static let leastCapacity: Int32 = 4_096
  /// The longest line that is expected, in bytes: with less room the next one has to wait.
  private static let lineLength = 512

  private let channel: any Channel
  private let reading: Int32
  /// What the pipe holds, in bytes.
  private let capacity: Int
  private let lines: LogLines.Count

  private init(channel: any Channel, reading: Int32, capacity: Int, lines: LogLines.Count) {
    self.channel = channel
    self.reading = reading
    self.capacity = capacity
    self.lines = lines
  }

  /// Makes a pipe and reads from it until its other end is closed.
  ///
  /// - Returns: The log, and the end for the beacon, which the caller closes.
  static func open() async throws -> (log: BeaconLog, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    // SAFETY: pipe(2) writes two descriptors into the array, which has room for two.
    guard unsafe pipe(&ends) == 0 else { throw ChaosFailure("no pipe for the beacon's log: errno \(errno)") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // F_SETPIPE_SZ (fcntl(2)), which Glibc's module doesn't show.
    let capacity = fcntl(ends[1], 1_031, leastCapacity)
    guard capacity > 0 else {
      let code = errno
      for end in ends { close(end) }
      throw ChaosFailure("the pipe for the beacon's log can't be made small: errno \(code)")
    }
    let count = LogLines.Count()
    let channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(LogLines(count: count))
        }
      }
      .takingOwnershipOfDescriptor(input: ends[0]).get()
    return (BeaconLog(channel: channel, reading: ends[0], capacity: Int(capacity), lines: count), ends[1])
  }

  /// Lines that the beacon has left out, by its own account.
  var leftOut: Int { lines.leftOut.load(ordering: .acquiring) }

  /// Whether the beacon has no room for another line.
  var isFull: Bool {
    var waiting: Int32 = 0
    // SAFETY: FIONREAD (ioctl_tty(2)) writes one number.
    let result = unsafe ioctl(reading, UInt(FIONREAD), &waiting)
    return result == 0 && Int(waiting) > capacity - Self.lineLength
  }

  /// Reads no more.
  func stopReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

  /// Reads again, until it stops once more.
  func goOn() async {
    guard channel.isActive else { return }
    try? await channel.setOption(.autoRead, value: true).get()
  }
}

/// Looks at the lines of a log, one JSON object each.
private final class LogLines: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  /// What is counted of it.
  final class Count: Sendable {
    let leftOut = Atomic<Int>(0)
  }

  private struct Line: Decodable {
    let level: String
    let message: String
  }

  /// What stands in for lines that were left out.
  private struct Notice: Decodable {
    struct Metadata: Decodable {
      let leftOut: Int

      enum CodingKeys: String, CodingKey {
        case leftOut = "left_out"
      }
    }

    let metadata: Metadata
  }

  private let count: Count
  private let decoder = JSONDecoder()
  private var rest = ByteBuffer()

  init(count: Count) {
    self.count = count
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var part = unwrapInboundIn(data)
    rest.writeBuffer(&part)
    while let end = rest.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
      let text = rest.readString(length: end - rest.readerIndex) ?? ""
      rest.moveReaderIndex(forwardBy: 1)
      look(at: text)
    }
    rest.discardReadBytes()
  }

  private func look(at text: String) {
    let data = Data(text.utf8)
    guard let line = try? decoder.decode(Line.self, from: data) else { return Console.standard.report(text) }
    if line.message.hasPrefix("Log lines are left out"), let notice = try? decoder.decode(Notice.self, from: data) {
      count.leftOut.add(notice.metadata.leftOut, ordering: .releasing)
    }
    if line.level == "error" || line.level == "critical" { Console.standard.report(text) }
  }
}
