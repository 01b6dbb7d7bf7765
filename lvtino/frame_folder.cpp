#include "lvtino/frame_folder.hpp"

#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <filesystem>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/image_file.hpp"

namespace lvtino {
namespace {
namespace fs = std::filesystem;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The run of digits at `at`, without leading zeros; `at` moves behind it.
std::string_view take_number(std::string_view word, std::size_t& at) {
  while (at < word.size() && word[at] == '0') ++at;
  const std::size_t first = at;
  while (at < word.size() && is_digit(word[at])) ++at;
  return word.substr(first, at - first);
}

class FolderReader : public FrameReader {
 public:
  explicit FolderReader(std::vector<std::string> files) : files_(std::move(files)) {}
  bool advance() override { return ++next_ <= files_.size(); }
  Tensor frame() override { return read_image(files_[next_ - 1]); }
  double frames_per_second() const override { return 0; }

 private:
  std::vector<std::string> files_;
  std::size_t next_ = 0;
};

// Removes the folder unless it was released.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(fs::path path) : path_(std::move(path)) { make_folder(path_.string()); }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }
  void release() { path_.clear(); }

 private:
  fs::path path_;
};

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const std::string_view x = take_number(a, i), y = take_number(b, j);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
    }
  }
  const std::size_t left_a = a.size() - i, left_b = b.size() - j;
  return left_a != left_b ? left_a < left_b : a < b;
}

std::vector<std::string> list_frames(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code failure;
  for (fs::directory_iterator at(folder, failure), end; !failure && at != end;
       at.increment(failure)) {
    std::string extension = at->path().extension().string();
    for (char& c : extension) c = char(std::tolower(static_cast<unsigned char>(c)));
    const bool picture = extension == ".png" || extension == ".jpg" || extension == ".jpeg" ||
                         extension == ".ppm" || extension == ".pgm";
    if (picture && at->path().filename().string().front() != '.')
      files.push_back(at->path().string());
  }
  if (failure) throw IoError(text("cannot read folder ", folder, ": ", failure.message()));
  if (files.empty()) throw IoError(text(folder, ": no .png, .jpg, .ppm or .pgm pictures"));
  std::sort(files.begin(), files.end(),
            [](const std::string& a, const std::string& b) { return natural_less(a, b); });
  return files;
}

std::unique_ptr<FrameReader> open_frame_folder(const std::string& folder) {
  return std::make_unique<FolderReader>(list_frames(folder));
}

void write_frame_folder(const std::string& folder, const Tensor& frames) {
#ifdef LVTINO_HAS_PNG
  constexpr const char* kExtension = "png";
#else
  constexpr const char* kExtension = "ppm";
#endif
  fs::path target = fs::path(folder).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  std::error_code failure;
  if (fs::exists(target, failure) &&
      !(fs::is_directory(target, failure) && fs::is_empty(target, failure)))
    throw IoError(text("cannot write frames into ", folder, ": it is there already and not empty"));
  TemporaryFolder part(target.parent_path() /
                       text(".", target.filename().string(), ".part", ::getpid()));
  for (std::int64_t t = 0; t < frames.size(2); ++t) {
    char name[32];
    std::snprintf(name, sizeof name, "%04lld.%s", static_cast<long long>(t), kExtension);
    write_image((part.path() / name).string(), frames[0].select(1, t));
  }
  fs::rename(part.path(), target, failure);
  if (failure) throw IoError(text("cannot write ", folder, ": ", failure.message()));
  part.release();
}

}  // namespace lvtino
