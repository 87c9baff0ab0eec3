"""The authorisation server of SMART App Launch and Backend Services, on Authlib: framework-free, so that pages and API share one."""
