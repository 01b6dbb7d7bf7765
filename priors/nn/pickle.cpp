#include "priors/nn/pickle.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino::pickle {
namespace {

// Opcodes by the names of the format (PEP 307).
enum Opcode : std::uint8_t {
  kMark = '(',
  kStop = '.',
  kBinfloat = 'G',
  kBinint = 'J',
  kBinint1 = 'K',
  kBinint2 = 'M',
  kNone = 'N',
  kBinpersid = 'Q',
  kReduce = 'R',
  kShortBinstring = 'U',
  kBinunicode = 'X',
  kEmptyList = ']',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kEmptyDict = '}',
  kAppends = 'e',
  kBinget = 'h',
  kLongBinget = 'j',
  kBinput = 'q',
  kLongBinput = 'r',
  kSetitem = 's',
  kTuple = 't',
  kEmptyTuple = ')',
  kSetitems = 'u',
  kProto = 0x80,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewtrue = 0x88,
  kNewfalse = 0x89,
  kLong1 = 0x8a,
};

constexpr std::size_t kLongestGlobal = 200;
// A checkpoint takes some 30 a tensor. A value is forty times as long as the opcode that makes it.
constexpr std::uint64_t kMostValues = 1 << 24;

const char* name_of(Value::Kind kind) {
  constexpr const char* kNames[] = {"a mark",   "None",         "a boolean",      "an integer",
                                    "a number", "text",         "a long integer", "a tuple",
                                    "a list",   "a dictionary", "a global",       "an object"};
  return kNames[std::size_t(kind)];
}

// Two's complement of 1 to 8 little-endian bytes.
std::int64_t signed_number(std::uint64_t bits, std::size_t bytes) {
  const int unused = 64 - 8 * int(bytes);
  return unused == 64 ? 0 : std::int64_t(bits << unused) >> unused;
}

}  // namespace

void Machine::fail(const std::string& message) const {
  throw IoError(text(name_, ", byte ", offset_, ": ", message));
}

std::string_view Machine::take(std::uint64_t count, const char* what) {
  if (count > left()) fail(text("the file ends within ", what, " of ", count, " bytes"));
  const std::string_view out = bytes_.substr(offset_, count);
  offset_ += count;
  return out;
}

std::uint64_t Machine::take_unsigned(int bytes, const char* what) {
  std::uint64_t out = 0;
  int shift = 0;
  for (const char byte : take(std::uint64_t(bytes), what)) {
    out |= std::uint64_t(std::uint8_t(byte)) << shift;
    shift += 8;
  }
  return out;
}

Value Machine::run(Host& host) {
  stack_.clear(), memo_.clear();
  pushed_ = 0;
  if (take_unsigned(1, "a pickle") != kProto) fail("expected the beginning of a pickle");
  if (const auto version = take_unsigned(1, "a pickle"); version != 2)
    fail(text("expected a pickle of protocol 2, got ", version));
  while (true) {
    const auto opcode = std::uint8_t(take_unsigned(1, "a pickle"));
    if (opcode == kStop) break;
    step(opcode, host);
  }
  if (stack_.size() != 1)
    fail(text("expected one value at the end of a pickle, got ", stack_.size()));
  return pop();
}

void Machine::step(std::uint8_t opcode, Host& host) {
  if (!step_number(opcode) && !step_memo(opcode) && !step_container(opcode) &&
      !step_host(opcode, host))
    fail(text("a pickle opcode that is not allowed: ", int(opcode)));
}

bool Machine::step_number(std::uint8_t opcode) {
  switch (opcode) {
    case kNone:
      push({});
      return true;
    case kNewtrue:
      push({.kind = Kind::boolean, .integer = 1});
      return true;
    case kNewfalse:
      push({.kind = Kind::boolean});
      return true;
    case kBinint1:
      push({.kind = Kind::integer, .integer = std::int64_t(take_unsigned(1, "a number"))});
      return true;
    case kBinint2:
      push({.kind = Kind::integer, .integer = std::int64_t(take_unsigned(2, "a number"))});
      return true;
    case kBinint:
      push({.kind = Kind::integer, .integer = signed_number(take_unsigned(4, "a number"), 4)});
      return true;
    case kLong1: {
      const auto length = take_unsigned(1, "a number");
      if (length <= 8)
        push({.kind = Kind::integer,
              .integer = signed_number(take_unsigned(int(length), "a number"), length)});
      else
        push({.kind = Kind::long_integer, .text = take(length, "a number")});
      return true;
    }
    case kBinfloat:
      take(8, "a number");
      push({.kind = Kind::real});
      return true;  // of no use here
    case kBinunicode:
      push_text(take_unsigned(4, "text"));
      return true;
    case kShortBinstring:
      push_text(take_unsigned(1, "text"));
      return true;
    default:
      return false;
  }
}

bool Machine::step_memo(std::uint8_t opcode) {
  const auto get = [&](std::uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) fail(text("nothing was kept under the number ", index));
    push(found->second);
  };
  switch (opcode) {
    case kBinput: {
      const auto index = take_unsigned(1, "the memo");
      memo_[index] = top();
      return true;
    }
    case kLongBinput: {
      const auto index = take_unsigned(4, "the memo");
      memo_[index] = top();
      return true;
    }
    case kBinget:
      get(take_unsigned(1, "the memo"));
      return true;
    case kLongBinget:
      get(take_unsigned(4, "the memo"));
      return true;
    default:
      return false;
  }
}

bool Machine::step_container(std::uint8_t opcode) {
  switch (opcode) {
    case kMark:
      push({.kind = Kind::mark});
      return true;
    case kEmptyTuple:
      push_container(Kind::tuple);
      return true;
    case kTuple:
      push_tuple(since_mark());
      return true;
    case kTuple1:
      push_tuple(1);
      return true;
    case kTuple2:
      push_tuple(2);
      return true;
    case kTuple3:
      push_tuple(3);
      return true;
    case kEmptyList:
      push_container(Kind::list);
      return true;
    case kEmptyDict:
      push_container(Kind::dict);
      return true;
    case kAppend:
      move_into(Kind::list, 1);
      return true;
    case kAppends:
      move_into(Kind::list, since_mark());
      return true;
    case kSetitem:
      move_into(Kind::dict, 2);
      return true;
    case kSetitems:
      move_into(Kind::dict, since_mark());
      return true;
    default:
      return false;
  }
}

bool Machine::step_host(std::uint8_t opcode, Host& host) {
  switch (opcode) {
    case kGlobal: {
      const std::string_view rest = bytes_.substr(offset_, 2 * kLongestGlobal);
      const auto first = rest.find('\n');
      const auto second = first == rest.npos ? rest.npos : rest.find('\n', first + 1);
      if (second == rest.npos) fail("a global without its name");
      const std::string global =
          text(rest.substr(0, first), " ", rest.substr(first + 1, second - first - 1));
      host.check_global(global);
      // "module\nname": the file's own bytes, with the line break read as a blank.
      push({.kind = Kind::global, .text = rest.substr(0, second)});
      offset_ += second + 1;
      return true;
    }
    case kReduce:
      reduce(host);
      return true;
    case kBuild:
      pop();
      if (!top().is(Kind::dict)) fail(text("state for ", name_of(top().kind), " is not allowed"));
      return true;
    case kBinpersid: {
      const Value id = pop();
      push({.kind = Kind::object, .integer = host.persistent(id)});
      return true;
    }
    default:
      return false;
  }
}

void Machine::reduce(Host& host) {
  const Value arguments = pop(), function = pop();
  if (!function.is(Kind::global) || !arguments.is(Kind::tuple))
    fail(text("expected a call of a global with a tuple, got ", name_of(function.kind), " with ",
              name_of(arguments.kind)));
  std::string global(function.text);
  global[global.find('\n')] = ' ';
  if (global != kOrderedDict)
    return push({.kind = Kind::object, .integer = host.call(global, arguments.items->values)});
  if (!arguments.items->values.empty()) fail("expected a new dictionary without entries");
  push_container(Kind::dict);
}

void Machine::push(Value value) {
  if (++pushed_ > kMostValues) fail(text("a pickle of more than ", kMostValues, " values"));
  stack_.push_back(value);
}

Value Machine::pop() {
  const Value out = top();
  stack_.pop_back();
  return out;
}

Value& Machine::top() {
  if (stack_.empty() || stack_.back().is(Kind::mark))
    fail("a pickle takes a value that is not there");
  return stack_.back();
}

// How many values lie above the last mark, which goes.
std::size_t Machine::since_mark() {
  std::size_t first = stack_.size();
  while (first > 0 && !stack_[first - 1].is(Kind::mark)) --first;
  if (first == 0) fail("a pickle looks for a mark that is not there");
  stack_.erase(stack_.begin() + std::ptrdiff_t(first) - 1);
  return stack_.size() - (first - 1);
}

void Machine::push_text(std::uint64_t length) {
  push({.kind = Kind::text, .text = take(length, "text")});
}

void Machine::push_container(Kind kind, std::vector<Value> values) {
  containers_.push_back({std::move(values)});
  push({.kind = kind, .items = &containers_.back()});
}

void Machine::push_tuple(std::size_t count) {
  if (count > stack_.size()) fail("a pickle takes a value that is not there");
  const auto first = stack_.end() - std::ptrdiff_t(count);
  std::vector<Value> values(first, stack_.end());
  for (const Value& value : values)
    if (value.is(Kind::mark)) fail("a tuple across a mark");
  stack_.erase(first, stack_.end());
  push_container(Kind::tuple, std::move(values));
}

// Moves the upper `count` values into the container below them.
void Machine::move_into(Kind kind, std::size_t count) {
  if (count >= stack_.size() || (kind == Kind::dict && count % 2 != 0))
    fail("a pickle fills a container with values that are not there");
  const auto first = stack_.end() - std::ptrdiff_t(count);
  const Value target = *(first - 1);
  if (!target.is(kind))
    fail(text("expected ", name_of(kind), " to fill, got ", name_of(target.kind)));
  for (auto value = first; value != stack_.end(); ++value)
    if (value->is(Kind::mark)) fail("a container across a mark");
  target.items->values.insert(target.items->values.end(), first, stack_.end());
  stack_.erase(first, stack_.end());
}

}  // namespace lvtino::pickle
