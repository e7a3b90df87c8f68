variable "gemini_api_key" {
  description = "Key for Gemini: TF_VAR_gemini_api_key."
  type        = string
  sensitive   = true
  ephemeral   = true
}
