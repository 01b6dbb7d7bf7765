#include "lvtino/inspect.hpp"

#include <iomanip>

#include "priors/nn/checkpoint.hpp"

namespace lvtino {
namespace {

void line(std::ostream& out, const char* what, const std::string& value) {
  out << std::left << std::setw(13) << what << value << "\n";
}

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (int at = int(digits.size()) - 3; at > 0; at -= 3) digits.insert(std::size_t(at), ",");
  return digits;
}

std::string counts(const nn::NamedTensors& tensors) {
  std::string out;
  for (const auto& [dtype, count] : nn::dtype_counts(tensors))
    out += text(out.empty() ? "" : ", ", dtype, " ", count);
  return text(tensors.size(), tensors.empty() ? "" : " (" + out + ")");
}

// The listing of what lies below a key, named if it is a published one.
void print_listing(std::ostream& out, const nn::TensorList& tensors) {
  const std::string digest = nn::listing_digest(tensors);
  const std::string published = nn::published_listing(digest);
  line(out, "parameters", grouped(nn::parameter_count(tensors)));
  line(out, "listing", digest);
  if (!published.empty()) line(out, "published as", published);
}

void print_found(std::ostream& out, const nn::Recognised& found, const nn::TensorList& tensors) {
  const bool whole = found.differences.none();
  out << "\n";
  line(out, "network",
       text(found.title, ", ", found.scheme, " naming", whole ? "" : ": not quite"));
  line(out, "architecture", found.architecture->name);
  if (!found.key.empty()) {
    line(out, "key", found.key);
    print_listing(out, nn::below(tensors, found.key));
  }
  if (!whole) out << found.differences.words().substr(1) << "\n";
}

}  // namespace

void inspect_weights(const std::string& path, const std::string& key, std::ostream& out,
                     const std::vector<nn::NetworkEntry>& table) {
  const nn::Checkpoint checkpoint = nn::open_checkpoint(path, key);
  const nn::TensorList tensors = nn::list_of(checkpoint.tensors);
  line(out, "file", path);
  line(out, "container", checkpoint.container);
  if (!key.empty()) line(out, "key", key);
  line(out, "tensors", counts(checkpoint.tensors));
  print_listing(out, tensors);
  std::string others;
  for (std::size_t i = 0; i < std::min<std::size_t>(checkpoint.others.size(), 20); ++i)
    others += (i ? " " : "") + checkpoint.others[i];
  if (!others.empty())
    line(out, "no tensors", text(others, checkpoint.others.size() > 20 ? " ..." : ""));
  const auto found = nn::recognise(tensors, table);
  for (const nn::Recognised& network : found) print_found(out, network, tensors);
  if (found.empty()) line(out, "network", "none that is known");
}

}  // namespace lvtino
