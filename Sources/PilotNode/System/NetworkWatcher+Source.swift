import Dispatch
import PilotTransport
import PilotWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension NetworkWatcher {
  #if os(Linux)
    /// Where the news come from: a socket that Dispatch watches, together with those of everybody else in this process.
    ///
    /// Unchecked Sendable because a dispatch source may be used from any thread, which Swift isn't told of it.
    final class Source: @unchecked Sendable {
      private let socket: RouteSocket
      private let queue = DispatchQueue(label: "pilot.network")
      private let events: any DispatchSourceRead
      /// How the network stood when the socket had been told to listen: nothing gets lost in between.
      let view: NetworkView
      /// Receives in one turn: other blocks of the process want to run, too.
      private static let turn = 64

      init(buffer: Int?) throws(TransportError) {
        socket = try RouteSocket(groups: .changes)
        if let buffer { socket.request(buffer: buffer) }
        guard let view = NetworkSurvey.take() else {
          throw TransportError(code: .system, message: "the kernel doesn't say how the network stands")
        }
        self.view = view
        events = DispatchSource.makeReadSource(fileDescriptor: socket.descriptor, queue: queue)
        // Dispatch wants the descriptor open until then.
        events.setCancelHandler { [socket] in withExtendedLifetime(socket) {} }
      }

      func start(_ readable: @escaping @Sendable () -> Void) {
        events.setEventHandler(handler: readable)
        events.activate()
      }

      func call(after delay: Duration, _ body: @escaping @Sendable () -> Void) {
        let nanoseconds = Int(clamping: max(delay.clampedNanoseconds, 0))
        queue.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds), execute: body)
      }

      /// What is there now, each by itself; nil for news that were lost.
      ///
      /// - Returns: Whether nothing will come any more.
      func receive(_ tell: (NetworkNews?) -> Void) -> Bool {
        var buffer = [UInt8](repeating: 0, count: RouteSocket.bufferLength)
        for _ in 0..<Self.turn {
          switch socket.receive(into: &buffer) {
          case .messages(let count): RouteMessages.read(buffer.span.raw.extracting(first: count)) { tell($0) }
          case .overrun: tell(nil)
          case .nothing: return false
          case .failed: return true
          }
        }
        return false
      }

      func cancel() { events.cancel() }
    }
  #else
    /// Other systems tell by other means.
    final class Source: Sendable {
      let view = NetworkView()

      init(buffer: Int?) throws(TransportError) {
        throw TransportError(code: .system, message: "changes of the network are told on Linux only")
      }

      func start(_ readable: @escaping @Sendable () -> Void) {}
      func call(after delay: Duration, _ body: @escaping @Sendable () -> Void) {}
      func receive(_ tell: (NetworkNews?) -> Void) -> Bool { true }
      func cancel() {}
    }
  #endif
}
