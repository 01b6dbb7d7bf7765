#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// A machine for the pickles of tensor checkpoints that executes nothing of theirs.
namespace lvtino::pickle {

struct Items;

/// One value of the machine, copied freely. Text points into the file, containers into the
/// machine that made them.
struct Value {
  enum class Kind {
    mark,
    none,
    boolean,
    integer,
    real,
    text,
    long_integer,
    tuple,
    list,
    dict,
    global,
    object
  };
  Kind kind = Kind::none;
  std::int64_t integer = 0;    ///< integer, boolean; object: the number that the host gave it
  std::string_view text = {};  ///< text; long_integer: its bytes; global: "module name"
  Items* items = nullptr;      ///< tuple, list; dict: keys and values by turns

  bool is(Kind other) const { return kind == other; }
};

struct Items {
  std::vector<Value> values;
};

/// What a pickle means outside of itself. Each call may throw.
class Host {
 public:
  virtual ~Host() = default;
  /// Throws unless the global "module name" is allowed.
  virtual void check_global(std::string_view global) = 0;
  /// global(*arguments), as the number of an object of the host.
  virtual std::int64_t call(std::string_view global, const std::vector<Value>& arguments) = 0;
  /// The object that a persistent id stands for.
  virtual std::int64_t persistent(const Value& id) = 0;
};

/// The global that the machine itself calls: a dictionary without entries.
inline constexpr std::string_view kOrderedDict = "collections OrderedDict";

/// Runs pickles that stand one after the other in `bytes`.
///
/// Opcodes: those of protocol 2 for numbers, text, tuples, lists, dictionaries, the memo, GLOBAL,
/// REDUCE, BUILD (whose state is dropped) and BINPERSID. Time and memory are linear in the bytes
/// read, and a pickle may push at most 2^24 values. Throws IoError with `name` and the offset.
class Machine {
 public:
  Machine(std::string_view bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

  /// The value of the next pickle; it lives as long as the machine.
  Value run(Host& host);

  /// The next `count` bytes.
  std::string_view take(std::uint64_t count, const char* what);
  std::uint64_t take_unsigned(int bytes, const char* what);
  std::uint64_t offset() const { return offset_; }
  std::uint64_t left() const { return bytes_.size() - offset_; }

  /// An IoError at the present offset.
  [[noreturn]] void fail(const std::string& message) const;

 private:
  using Kind = Value::Kind;
  void step(std::uint8_t opcode, Host& host);
  bool step_number(std::uint8_t opcode);
  bool step_memo(std::uint8_t opcode);
  bool step_container(std::uint8_t opcode);
  bool step_host(std::uint8_t opcode, Host& host);

  void push(Value value);
  void push_text(std::uint64_t length);
  void push_tuple(std::size_t count);
  void push_container(Kind kind, std::vector<Value> values = {});
  Value pop();
  Value& top();
  std::size_t since_mark();
  void move_into(Kind kind, std::size_t count);
  void reduce(Host& host);

  std::string_view bytes_;
  std::string name_;
  std::uint64_t offset_ = 0;
  std::uint64_t pushed_ = 0;
  std::vector<Value> stack_;
  std::unordered_map<std::uint64_t, Value> memo_;
  std::deque<Items> containers_;
};

}  // namespace lvtino::pickle
