import NIOPosix
import PilotTransport
import PilotWire
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The system's resolver, getaddrinfo(3).
///
/// A name server that is silent holds a call for as long as the system's configuration has it, half a minute with several
/// servers. So each question has a thread of its own, and whoever asks the same meanwhile waits for the same answer: a node
/// that dials again and again leaves no more than two threads waiting, one for each family. The families are asked apart,
/// since one call for both waits for the slower of the two (RFC 8305, section 3).
final class SystemResolver: HostResolver {
  /// That of this process.
  static let ofProcess = SystemResolver()

  struct Question: Hashable {
    let host: String
    let family: AddressFamily
  }

  private enum Course {
    case begin, join, refuse
  }

  private let capacity: Int
  private let ask: @Sendable (Question) -> Result<[Endpoint], ResolveFault>
  private let underWay = Mutex<[Question: [HostResolver.Completion]]>([:])

  /// - Parameters:
  ///   - capacity: The most questions that are under way. Beyond it they fail at once. Default 64.
  ///   - ask: Asks one, and returns with its answer.
  init(
    capacity: Int = 64, ask: @escaping @Sendable (Question) -> Result<[Endpoint], ResolveFault> = SystemResolver.ask
  ) {
    self.capacity = capacity
    self.ask = ask
  }

  func lookUp(_ host: String, _ family: AddressFamily, completion: @escaping HostResolver.Completion) {
    if let address = Self.literal(host) {
      return completion(.success(address.isIPv4 == (family == .ipv4) ? [address] : []))
    }
    let question = Question(host: host, family: family)
    let course = underWay.withLock { questions -> Course in
      guard questions[question] == nil else {
        questions[question]?.append(completion)
        return .join
      }
      guard questions.count < capacity else { return .refuse }
      questions[question] = [completion]
      return .begin
    }
    switch course {
    case .join: break
    case .refuse: completion(.failure(ResolveFault(reason: "\(capacity) other names are being looked up")))
    case .begin: begin(question)
    }
  }

  /// What stands for itself; nil for a name, and for an address in a zone that there isn't.
  private static func literal(_ host: String) -> Endpoint? {
    try? Endpoint(parsingWithZone: host.contains(":") ? "[\(host)]:0" : "\(host):0")
  }

  private func begin(_ question: Question) {
    let thread = NIOThreadPool(numberOfThreads: 1)
    thread.start()
    thread.submit { _ in
      let answer = self.ask(question)
      let waiting = self.underWay.withLock { $0.removeValue(forKey: question) ?? [] }
      for completion in waiting { completion(answer) }
      thread.shutdownGracefully { _ in }
    }
  }

  static func ask(_ question: Question) -> Result<[Endpoint], ResolveFault> {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = question.family == .ipv4 ? AF_INET : AF_INET6
    #if canImport(Glibc)
      unsafe hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    #else
      unsafe hints.ai_socktype = SOCK_DGRAM
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    // SAFETY: getaddrinfo(3) reads the text and the hints, which live for the call, and gives a list, freed below.
    let result = unsafe getaddrinfo(question.host, nil, &hints, &list)
    guard result == 0 else {
      // SAFETY: gai_strerror(3) gives a NUL-terminated text that lives as long as the program.
      let reason = unsafe gai_strerror(result).map { unsafe String(cString: $0) } ?? "error \(result)"
      return .failure(ResolveFault(reason: reason))
    }
    defer { unsafe freeaddrinfo(list) }
    var found: [Endpoint] = []
    var next = unsafe list
    // SAFETY: the list's entries live until it is freed, and the last one's successor is null.
    while let entry = unsafe next, found.count < HostAddresses.limit {
      if let endpoint = unsafe endpoint(entry.pointee), !found.contains(endpoint) { found.append(endpoint) }
      unsafe next = entry.pointee.ai_next
    }
    return .success(found)
  }

  /// Read from the socket address and not by way of a text, which has the zone of a link-local address by its name.
  private static func endpoint(_ entry: addrinfo) -> Endpoint? {
    // SAFETY: an entry's family says what its address is, and getaddrinfo(3) has made it as long as that.
    switch unsafe entry.ai_family {
    case AF_INET, AF_INET6:
      let found = unsafe Endpoint(socketAddress: UnsafeRawPointer(entry.ai_addr), isIPv6: entry.ai_family == AF_INET6)
      return Endpoint(high: found.high, low: found.low, scope: found.scope, port: 0)
    default:
      return nil
    }
  }
}
