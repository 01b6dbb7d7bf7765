#include "lvtino/spec_file.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/spec.hpp"

namespace lvtino {
namespace {

struct Preset {
  const char* name;
  const char* document;
};

// Algorithm 1 as published (arXiv 2510.01339) with the noise times of the released code, N = 5:
// 5 evaluations of the video prior and 4 of the image prior.
constexpr Preset kPresets[] = {{"paper", R"({
  "noise": {"type": "gaussian", "sigma": 0.001},
  "sampler": {
    "eta": 0.5,
    "steps": [
      {"t_video": 757, "t_image": 374},
      {"t_video": 522, "t_image": 249},
      {"t_video": 375, "t_image": 124},
      {"t_video": 255, "t_image": 124},
      {"t_video": 125}
    ]
  }
})"}};

// Whether both say what they are, and it is not the same.
bool differ_in_type(const Json& base, const Json& top) {
  return base.contains("type") && top.contains("type") && base.at("type") != top.at("type");
}

void change(Json& document, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos)
    throw SpecError("", text("--set expects /json/pointer=value, got ", assignment));
  const std::string value = assignment.substr(equals + 1);
  const Json parsed = Json::parse(value, nullptr, false);
  set_at_pointer(document, assignment.substr(0, equals), parsed.is_discarded() ? Json(value) : parsed);
}

}  // namespace

void lay_over(Json& base, const Json& top) {
  if (!base.is_object() || !top.is_object() || differ_in_type(base, top)) {
    base = top;
    return;
  }
  for (const auto& [key, value] : top.items()) {
    if (base.contains(key))
      lay_over(base[key], value);
    else
      base[key] = value;
  }
}

bool is_plain_name(const std::string& name) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '_' || c == '-'; };
  return !name.empty() && name.size() <= 100 && name[0] != '.' &&
         std::all_of(name.begin(), name.end(), allowed);
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const Preset& preset : kPresets) names.push_back(preset.name);
  return names;
}

Json with_preset(const Json& document, const std::string& folder) {
  if (!document.is_object() || !document.contains("preset")) return document;
  const Json& name = document.at("preset");
  if (!name.is_string()) throw SpecError("/preset", "expected the name of a preset or a file");
  const auto wanted = name.get<std::string>();
  Json base;
  for (const Preset& preset : kPresets)
    if (wanted == preset.name) base = Json::parse(preset.document);
  if (base.is_null() && std::filesystem::path(wanted).extension() == ".json")
    base = read_json_file((std::filesystem::path(folder) / wanted).string());
  if (base.is_null()) {
    const std::string near = nearest_name(wanted, preset_names());
    throw SpecError("/preset", text("no preset \"", wanted, "\"",
                                    near.empty() ? "" : "; did you mean \"" + near + "\"?",
                                    " (a preset of your own is a path that ends in .json)"));
  }
  lay_over(base, document);
  return base;
}

SpecFile load_spec(const std::string& path, const std::vector<std::string>& changes) {
  SpecFile out;
  out.folder = std::filesystem::path(path).parent_path().string();
  if (out.folder.empty()) out.folder = ".";
  Json written = read_json_file(path);
  for (const std::string& assignment : changes)  // a changed preset must be the one that is read
    if (assignment.rfind("/preset=", 0) == 0) change(written, assignment);
  out.document = with_preset(written, out.folder);
  for (const std::string& assignment : changes) change(out.document, assignment);
  return out;
}

}  // namespace lvtino
