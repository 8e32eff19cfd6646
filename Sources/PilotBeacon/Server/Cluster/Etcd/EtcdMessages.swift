#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import PilotWire

/// Requests of etcd's JSON gateway (etcd v3, `api/etcdserverpb/rpc.swagger.json`): bytes in Base64, numbers of 64 bits as texts.
enum EtcdRequest {
  static func grant(_ life: Duration) -> [UInt8] { json(#"{"TTL":"\#(life.components.seconds)"}"#) }

  static func lease(_ lease: Int64) -> [UInt8] { json(#"{"ID":"\#(lease)"}"#) }

  /// Writes a key if there is none.
  static func create(_ key: [UInt8], _ value: [UInt8], lease: Int64) -> [UInt8] {
    json(
      #"{"compare":[{"key":"\#(base64(key))","target":"CREATE","result":"EQUAL","create_revision":"0"}],"#
        + #""success":[\#(put(key, value, lease))]}"#)
  }

  /// Writes keys, and removes those without a value.
  static func write(_ items: [(key: [UInt8], value: [UInt8]?)], lease: Int64) -> [UInt8] {
    let operations = items.map { key, value in
      value.map { put(key, $0, lease) } ?? #"{"requestDeleteRange":{"key":"\#(base64(key))"}}"#
    }
    return json(#"{"success":[\#(operations.joined(separator: ","))]}"#)
  }

  static func read(from key: [UInt8], to end: [UInt8], limit: Int, revision: Int64?) -> [UInt8] {
    let pinned = revision.map { #","revision":"\#($0)""# } ?? ""
    return json(#"{"key":"\#(base64(key))","range_end":"\#(base64(end))","limit":"\#(limit)"\#(pinned)}"#)
  }

  static func watch(from key: [UInt8], to end: [UInt8], revision: Int64) -> [UInt8] {
    json(
      #"{"create_request":{"key":"\#(base64(key))","range_end":"\#(base64(end))","start_revision":"\#(revision)","#
        + #""fragment":true}}"#)
  }

  private static func put(_ key: [UInt8], _ value: [UInt8], _ lease: Int64) -> String {
    #"{"requestPut":{"key":"\#(base64(key))","value":"\#(base64(value))","lease":"\#(lease)"}}"#
  }

  private static func base64(_ bytes: [UInt8]) -> String { Base64.encode(bytes.span.raw) }

  private static func json(_ text: String) -> [UInt8] { Array(text.utf8) }
}

/// Answers of etcd's JSON gateway. What is zero or empty is left out there.
enum EtcdAnswer {
  struct Header: Decodable {
    var revision: Int64
    private enum CodingKeys: CodingKey { case revision }

    init(from decoder: any Decoder) throws {
      revision = try decoder.container(keyedBy: CodingKeys.self).number(.revision)
    }
  }

  struct Grant: Decodable {
    var id: Int64
    var seconds: Int64
    private enum CodingKeys: String, CodingKey { case id = "ID", seconds = "TTL" }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      (id, seconds) = (try values.number(.id), try values.number(.seconds))
    }
  }

  /// What keeping a lease alive gives: no time at all if there is no such lease.
  struct Kept: Decodable { var result: Grant }

  struct Written: Decodable { var succeeded: Bool? }

  struct KeyValue: Decodable {
    var key: [UInt8]
    var value: [UInt8]
    /// The revision that has written, or removed, it.
    var revision: Int64
    private enum CodingKeys: String, CodingKey { case key, value, revision = "mod_revision" }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      (key, value, revision) = (try values.bytes(.key), try values.bytes(.value), try values.number(.revision))
    }
  }

  struct Page: Decodable {
    var header: Header
    var kvs: [KeyValue]?
    var more: Bool?
  }

  struct Event: Decodable {
    /// `DELETE`, or nothing for a key that is written.
    var type: String?
    var kv: KeyValue
  }

  struct Watched: Decodable {
    struct Result: Decodable {
      var header: Header
      var created: Bool?
      var canceled: Bool?
      /// The oldest revision that is kept, if what was asked for is older.
      var isCompacted: Bool
      var events: [Event]?

      private enum CodingKeys: String, CodingKey {
        case header, created, canceled, compacted = "compact_revision", events
      }

      init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        header = try values.decode(Header.self, forKey: .header)
        created = try values.decodeIfPresent(Bool.self, forKey: .created)
        canceled = try values.decodeIfPresent(Bool.self, forKey: .canceled)
        isCompacted = try values.number(.compacted) > 0
        events = try values.decodeIfPresent([Event].self, forKey: .events)
      }
    }

    var result: Result?
  }

  /// Why something wasn't done.
  struct Failure: Decodable {
    var code: Int?
    var message: String?
  }

  static func read<Answer: Decodable>(_ type: Answer.Type, _ json: [UInt8]) -> Answer? {
    try? JSONDecoder().decode(type, from: Data(json))
  }
}

extension KeyedDecodingContainer {
  /// Revisions, leases and seconds count up from 1; and there is always a next one.
  fileprivate func number(_ key: Key) throws -> Int64 {
    guard let text = try decodeIfPresent(String.self, forKey: key) else { return 0 }
    guard let number = Int64(text), (0..<Int64.max).contains(number) else {
      throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "no number")
    }
    return number
  }

  fileprivate func bytes(_ key: Key) throws -> [UInt8] {
    guard let text = try decodeIfPresent(String.self, forKey: key) else { return [] }
    guard let bytes = Base64.decode(text) else {
      throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "no Base64")
    }
    return bytes
  }
}
