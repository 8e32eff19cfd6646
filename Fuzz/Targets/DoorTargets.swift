import NIOCore
import NIOHTTP1
import PilotTransport
import PilotWire

@testable import PilotWSS

/// What stands before a WebSocket connection: a proxy's header, and the head of a request.
enum DoorTargets {
  /// The header of the PROXY protocol, in both versions. However much of it has come, the answer stays the same once there is
  /// one; a header is within the bytes, and within its bound; and it names no zone.
  static func proxyHeader(_ input: [UInt8]) throws(Violation) -> Bool {
    let whole = finding(input[...])
    for end in 0..<min(input.count, ProxyHeader.limit + 20) {
      let part = finding(input.prefix(end))
      if case .success(.incomplete) = part { continue }
      // Nothing at all is no beginning of one.
      guard part == whole || end == 0 else { throw Violation("\(part) after \(end) bytes, and \(whole) in the end") }
    }
    guard case .success(.header(let header)) = whole else { return false }
    guard header.length <= min(input.count, ProxyHeader.limit), header.length >= 15 else {
      throw Violation("a header of \(header.length) bytes")
    }
    guard case .success(.incomplete) = finding(input.prefix(header.length - 1)) else {
      throw Violation("less than \(header.length) bytes were enough")
    }
    guard header.client?.scope ?? 0 == 0 else { throw Violation("a zone: \(header)") }
    return true
  }

  private static func finding(_ bytes: ArraySlice<UInt8>) -> Result<ProxyHeader.Finding, ProxyHeader.Fault> {
    let bytes = Array(bytes)
    do throws(ProxyHeader.Fault) {
      return .success(try ProxyHeader.find(in: bytes.span.raw))
    } catch {
      return .failure(error)
    }
  }

  /// The head of a request: `step · stream`. However the stream is cut, the same comes out of it; and what is written of that
  /// reads the same.
  static func requestHead(_ input: [UInt8]) throws(Violation) -> Bool {
    var reader = InputReader(input)
    let step = reader.number(below: 64) + 1
    let stream = Array(input.dropFirst())
    let whole = outcome(of: [stream[...]])
    let cuts = stride(from: 0, to: stream.count, by: step).map { stream[$0..<min($0 + step, stream.count)] }
    let inParts = outcome(of: cuts)
    guard inParts == whole else { throw Violation("in parts of \(step): \(inParts), at once: \(whole)") }
    guard case .success(let read) = whole, let head = read.head else { return false }
    guard head.headers.count <= HTTPHeadReader.fieldLimit, stream.count - read.rest.count <= HTTPHeadReader.limit else {
      throw Violation("a head beyond the limits: \(head)")
    }
    let again = outcome(of: [Array(written(head).utf8)[...]])
    guard case .success(let second) = again, second.head == head, second.rest.isEmpty else {
      throw Violation("\(head) reads the second time as \(again)")
    }
    return true
  }

  private struct Read: Equatable {
    var head: HTTPRequestHead?
    var rest: [UInt8] = []
  }

  private static func outcome(of parts: [ArraySlice<UInt8>]) -> Result<Read, HTTPHeadReader.Fault> {
    var reader = HTTPHeadReader()
    var read = Read()
    for part in parts {
      guard read.head == nil else {
        read.rest += part
        continue
      }
      do throws(HTTPHeadReader.Fault) {
        read.head = try reader.read(ByteBuffer(bytes: part))
      } catch {
        return .failure(error)
      }
      if read.head != nil { read.rest = Array(reader.takeRest().readableBytesView) }
    }
    return .success(read)
  }

  private static func written(_ head: HTTPRequestHead) -> String {
    let fields = head.headers.map { "\($0.name): \($0.value)\r\n" }.joined()
    return "\(head.method.rawValue) \(head.uri) HTTP/\(head.version.major).\(head.version.minor)\r\n\(fields)\r\n"
  }

  /// Whom proxies say that a request comes from: `X-Forwarded-For` or `Forwarded`, a line for each field. The client is one of
  /// those that are named, and a trusted proxy only if there is nobody else to the right of what can't be read.
  static func forwarded(_ input: [UInt8]) throws(Violation) -> Bool {
    guard let choice = input.first else { return false }
    let name = choice & 1 == 0 ? "X-Forwarded-For" : "Forwarded"
    let lines = input.dropFirst().split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    let headers = HTTPHeaders(lines.map { (name, $0) })
    var asked: [Endpoint] = []
    let isTrusted: (Endpoint) -> Bool = { endpoint in
      asked.append(endpoint)
      return endpoint.low & 1 == 0
    }
    let client = ForwardedClient.client(of: headers, isTrusted: isTrusted)
    guard client == asked.last else { throw Violation("\(asked) were looked at, and \(client as Any) is the client") }
    guard asked.dropLast().allSatisfy({ $0.low & 1 == 0 }) else {
      throw Violation("behind a stranger's word: \(asked)")
    }
    guard asked.allSatisfy({ $0.scope == 0 }) else { throw Violation("a zone: \(asked)") }
    return client != nil
  }
}
